import { setImmediate } from "node:timers/promises";
import { expect, test } from "vitest";
import type { Claim } from "../../store/store.ts";
import { createClaimQueue } from "./claim-queue.ts";

function toClaim(run: string): Claim {
  return { tenant: "acme", keySha256: run, requestSha256: "", run, owner: "me", expiresAtMs: 1 };
}

const runs = (claims: readonly Claim[]): string[] => claims.map(({ run }) => run);

test("claims of one turn are committed together, and those that come meanwhile after them", async () => {
  const groups: string[][] = [];
  const first = Promise.withResolvers<void>();
  const claimKey = createClaimQueue(async (claims) => {
    groups.push(runs(claims));
    if (groups.length === 1) await first.promise;
    return new Set(runs(claims).filter((run) => run !== "b"));
  });
  const together = ["a", "b"].map((run) => claimKey(toClaim(run)));
  await setImmediate();
  const later = ["c", "d"].map((run) => claimKey(toClaim(run)));
  await setImmediate();
  expect(groups).toEqual([["a", "b"]]);
  first.resolve();
  expect(await Promise.all([...together, ...later])).toEqual([true, false, true, true]);
  expect(groups).toEqual([
    ["a", "b"],
    ["c", "d"],
  ]);
});

test("a group that fails leaves the next one alone", async () => {
  let isDown = true;
  const claimKey = createClaimQueue(async (claims) => {
    if (isDown) throw new Error("down");
    return new Set(runs(claims));
  });
  const failed = await Promise.allSettled([claimKey(toClaim("a")), claimKey(toClaim("b"))]);
  expect(failed.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
  isDown = false;
  expect(await claimKey(toClaim("c"))).toBe(true);
});

test("a statement takes a bounded number", async () => {
  const sizes: number[] = [];
  const claimKey = createClaimQueue(async (claims) => {
    sizes.push(claims.length);
    return new Set(runs(claims));
  });
  await Promise.all(Array.from({ length: 1100 }, (_, at) => claimKey(toClaim(String(at)))));
  expect(sizes).toEqual([500, 500, 100]);
});
