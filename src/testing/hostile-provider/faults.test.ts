import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { askRaw } from "./ask-raw-fixture.ts";
import { never, sights, type Sight } from "./fault-sights-fixture.ts";
import { faults } from "./faults.ts";
import type { HostileEntry } from "./hostile-ledger.ts";
import { cutIntoWords } from "./known-text.ts";
import { createHostileProvider, type HostileProvider } from "./hostile-provider.ts";

let provider: HostileProvider;
beforeAll(async () => {
  provider = await createHostileProvider();
});
afterAll(() => provider.close());

/** Those that answer nothing at all, and are looked at below. */
const silent = ["never-read", "blackhole"];

test("each fault has a name of its own, and a test", () => {
  const names = faults.map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
  expect([...Object.keys(sights), ...silent].toSorted()).toEqual(names.toSorted());
});

describe.each(faults.filter(({ name }) => !silent.includes(name)))("$group $name", (fault) => {
  const sight = sights[fault.name] ?? { see: never };
  const form = sight.form ?? (fault.appliesTo === "plain" ? "plain" : "stream");

  test("is on the wire as told", async () => {
    const model = `fault:${fault.name}?${sight.params ?? ""}`;
    const { raw, end, socket } = await askRaw(provider.url, {
      model,
      dialect: fault.dialects[0],
      isStream: form === "stream" && fault.group !== "K",
      body: sight.body,
      until: sight.until && ((bytes) => sight.until!.test(bytes)),
    });
    const entry = await settle(model, sight);
    socket.destroy();
    expect(raw).toMatch(sight.see);
    expect(raw).not.toMatch(sight.never ?? never);
    expect(end).toBe(sight.end ?? "open");
    expect(entry).toMatchObject({ fault: fault.name, end: sight.told ?? (sight.end ? "cut" : "finished") });
    expect(entry.outputTokens).toBe(sight.tokens ?? cutIntoWords(entry.text).length);
  });
});

async function settle(model: string, sight: Sight): Promise<HostileEntry> {
  return provider.ledger.waitFor((entries) =>
    entries.findLast(
      (entry) =>
        entry.model === model && (sight.told === "open" ? entry.outputTokens === sight.tokens : entry.end !== "open"),
    ),
  );
}
