import { expect, test } from "vitest";
import type { Store } from "../store/store.ts";

/** Settings that are changed while servers run. */
export function describeSwitches(store: () => Store): void {
  test("a switch keeps what it was before, also when it is set to what it is", async () => {
    const set = (value: string, atMs: number): ReturnType<Store["setSwitch"]> =>
      store().setSwitch("routes", value, atMs);
    expect(await set("v1", 1000)).toStrictEqual({ name: "routes", value: "v1", changedAtMs: 1000 });
    expect(await set("v2", 2000)).toStrictEqual({ name: "routes", value: "v2", previous: "v1", changedAtMs: 2000 });
    expect(await set("v2", 3000)).toMatchObject({ value: "v2", previous: "v1" });
    expect(await set("v1", 4000)).toMatchObject({ value: "v1", previous: "v2" });
    await store().setSwitch("other", "x'; --", 5000);
    expect(await store().listSwitches()).toStrictEqual([
      { name: "other", value: "x'; --", changedAtMs: 5000 },
      { name: "routes", value: "v1", previous: "v2", changedAtMs: 4000 },
    ]);
  });
}
