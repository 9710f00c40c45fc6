import { setImmediate } from "node:timers/promises";
import { expect, test } from "vitest";
import { HeadgateError } from "../../errors.ts";
import type { Claim, ClaimName, KnownClaim, Store } from "../../store/store.ts";
import { createManualClock, type ManualClock } from "../../testing/manual-clock.ts";
import { createFixture } from "../server-fixture.ts";
import { createClaims, type Claims, type NewClaim } from "./claims.ts";

interface Setup {
  readonly claims: Claims;
  readonly clock: ManualClock;
  readonly claimed: Claim[];
  readonly renewed: { readonly runs: readonly string[]; readonly aliveUntilMs: number }[];
  readonly released: string[];
  readonly logLines: readonly Record<string, unknown>[];
}

function setup(overrides: Partial<Store> = {}): Setup {
  const { dependencies, logLines } = createFixture();
  const clock = createManualClock();
  const claimed: Claim[] = [];
  const renewed: Setup["renewed"][number][] = [];
  const released: string[] = [];
  const store: Store = {
    ...dependencies.store,
    kind: "postgres",
    claimKeys: async (claims) => {
      claimed.push(...claims);
      return new Set(claims.map(({ run }) => run));
    },
    renewClaims: async (claims, aliveUntilMs) => void renewed.push({ runs: claims.map(toRun), aliveUntilMs }),
    settleClaim: async () => {},
    releaseClaim: async ({ run }) => void released.push(run),
    ...overrides,
  };
  const claims = createClaims({ store, clock, logger: dependencies.logger });
  return { claims, clock, claimed, renewed, released, logLines };
}

const toRun = ({ run }: ClaimName): string => run;

function toClaim(run: string): NewClaim {
  return { tenant: "acme", keySha256: run, requestSha256: "", run, expiresAtMs: 1 };
}

function toKnown(fields: Partial<KnownClaim>): KnownClaim {
  return { run: "r", requestSha256: "", owner: "another", state: "running", aliveUntilMs: 0, ...fields };
}

test("claims at work are said to be alive every 10 s, for 30 s each time", async () => {
  const { claims, clock, renewed } = setup();
  const startMs = clock.now();
  await claims.take(toClaim("a"));
  await claims.take(toClaim("b"));
  clock.advance(9999);
  expect(renewed).toEqual([]);
  clock.advance(1);
  await claims.settle(toClaim("a"), undefined);
  clock.advance(10_000);
  await claims.release(toClaim("b"));
  clock.advance(60_000);
  expect(renewed).toEqual([
    { runs: ["a", "b"], aliveUntilMs: startMs + 40_000 },
    { runs: ["b"], aliveUntilMs: startMs + 50_000 },
  ]);
  expect(clock.waiting).toBe(0);
});

test("a renewal that fails is logged, and tried again", async () => {
  const renewClaims = (): Promise<never> => Promise.reject(new HeadgateError("store_unavailable"));
  const { claims, clock, logLines } = setup({ renewClaims });
  await claims.take(toClaim("a"));
  for (let time = 0; time < 2; time++) {
    clock.advance(10_000);
    await setImmediate();
  }
  expect(logLines.filter(({ event }) => event === "idempotency.not_renewed")).toHaveLength(2);
  claims.close();
  expect(clock.waiting).toBe(0);
});

test("another process counts as alive until its time is over", () => {
  const { claims, clock } = setup();
  const known = toKnown({ aliveUntilMs: clock.now() + 1000 });
  expect(claims.isAlive(known)).toBe(true);
  clock.advance(1000);
  expect(claims.isAlive(known)).toBe(false);
});

test("what this process itself does not work on is not alive, and neither is anybody else of an embedded store", async () => {
  const { claims, clock, claimed } = setup();
  await claims.take(toClaim("a"));
  const aliveUntilMs = clock.now() + 1000;
  expect(claims.isAlive(toKnown({ owner: claimed[0]?.owner, aliveUntilMs }))).toBe(false);
  expect(setup({ kind: "embedded" }).claims.isAlive(toKnown({ aliveUntilMs }))).toBe(false);
});

test("a store that does not answer in time refuses the request, and what it grants later is given back", async () => {
  const late = Promise.withResolvers<ReadonlySet<string>>();
  const { claims, clock, released } = setup({ claimKeys: () => late.promise });
  const taking = claims.take(toClaim("a"));
  await setImmediate();
  clock.advance(5000);
  await expect(taking).rejects.toMatchObject({ code: "store_unavailable" });
  expect(released).toEqual([]);
  late.resolve(new Set(["a"]));
  await setImmediate();
  expect(released).toEqual(["a"]);
});

test("a store that fails refuses the request, and what cannot be stored is logged", async () => {
  const down = (): Promise<never> => Promise.reject(new HeadgateError("store_unavailable"));
  const { claims, logLines } = setup({ claimKeys: down, findClaim: down, releaseClaim: down });
  await expect(claims.take(toClaim("a"))).rejects.toMatchObject({ code: "store_unavailable" });
  await expect(claims.find(toClaim("a"))).rejects.toMatchObject({ code: "store_unavailable" });
  await claims.release(toClaim("a"));
  expect(logLines.filter(({ event }) => event === "idempotency.not_stored")).toHaveLength(1);
});
