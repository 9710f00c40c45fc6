import { describe, expect, test } from "vitest";
import type { Claim, KeptAnswer, Store } from "../store/store.ts";

const nowMs = Date.UTC(2026, 10, 24, 10, 20, 30, 456);
const times = { nowMs, aliveUntilMs: nowMs + 30_000 };
const hourMs = 3_600_000;

let made = 0;

function createClaim(changes: Partial<Claim> = {}): Claim {
  made++;
  return {
    tenant: "acme",
    keySha256: String(made).padStart(64, "a"),
    requestSha256: "b".repeat(64),
    run: `run-${made}`,
    owner: "process-1",
    expiresAtMs: nowMs + 24 * hourMs,
    ...changes,
  };
}

function createAnswer(changes: Partial<KeptAnswer> = {}): KeptAnswer {
  return {
    requestId: "0f8fad5b-d9cb-469f-a165-708677289501",
    status: 200,
    headers: ["Content-Type", "application/json", "Headgate-Warning", 'a "b"'],
    isStream: false,
    body: Buffer.from([0, 1, 13, 10, 127, 128, 255]),
    ...changes,
  };
}

/** What every store must do for requests with an Idempotency-Key. */
export function describeIdempotency(store: () => Store): void {
  describe("idempotency keys", () => {
    describeClaims(store);
    describeEnds(store);
    describeExpiry(store);
  });
}

function describeClaims(store: () => Store): void {
  test("a key is claimed once, and is found as it was claimed", async () => {
    const claim = createClaim();
    const { run, requestSha256, owner } = claim;
    expect(await store().claimKeys([claim], times)).toEqual(new Set([run]));
    expect(await store().claimKeys([{ ...claim, run: "later" }], times)).toEqual(new Set());
    expect(await store().findClaim("acme", claim.keySha256, nowMs)).toEqual({
      run,
      requestSha256,
      owner,
      state: "running",
      aliveUntilMs: times.aliveUntilMs,
    });
  });

  test("claims of one statement are granted one by one", async () => {
    const [held, free, other] = [createClaim(), createClaim(), createClaim()];
    await store().claimKeys([held], times);
    const again = { ...held, run: "again" };
    expect(await store().claimKeys([other, again, free], times)).toEqual(new Set([free.run, other.run]));
    expect(await store().claimKeys([], times)).toEqual(new Set());
  });

  test("of many claims of one key at once, one is granted", async () => {
    const { keySha256 } = createClaim();
    const claims = Array.from({ length: 20 }, () => createClaim({ keySha256 }));
    const granted = await Promise.all(claims.map((claim) => store().claimKeys([claim], times)));
    const runs = granted.flatMap((one) => Array.from(one));
    expect(runs).toHaveLength(1);
    expect(await store().findClaim("acme", keySha256, nowMs)).toMatchObject({ run: runs[0] });
  });

  test("another tenant's key of the same name is another key", async () => {
    const claim = createClaim();
    await store().claimKeys([claim], times);
    expect(await store().findClaim("globex", claim.keySha256, nowMs)).toBeUndefined();
    const theirs = { ...claim, tenant: "globex", run: "theirs" };
    expect(await store().claimKeys([theirs], times)).toEqual(new Set(["theirs"]));
    await store().releaseClaim(theirs);
    expect(await store().findClaim("acme", claim.keySha256, nowMs)).toMatchObject({ run: claim.run });
  });

  test("a claim is alive for as long as its process says so", async () => {
    const [mine, other] = [createClaim(), createClaim()];
    await store().claimKeys([mine, other], times);
    await store().renewClaims([mine, { ...other, run: "an earlier run" }], nowMs + hourMs);
    expect(await store().findClaim("acme", mine.keySha256, nowMs)).toMatchObject({ aliveUntilMs: nowMs + hourMs });
    expect(await store().findClaim("acme", other.keySha256, nowMs)).toMatchObject({ aliveUntilMs: times.aliveUntilMs });
  });
}

function describeEnds(store: () => Store): void {
  test("an answer comes back byte by byte", async () => {
    const claim = createClaim();
    await store().claimKeys([claim], times);
    const answer = createAnswer();
    await store().settleClaim(claim, answer, claim.expiresAtMs);
    const found = await store().findClaim("acme", claim.keySha256, nowMs);
    expect(found).toMatchObject({ state: "answered", run: claim.run });
    expect({ ...found?.answer, body: Buffer.from(found?.answer?.body ?? []) }).toEqual(answer);
  });

  test("an answer that is empty is one", async () => {
    const claim = createClaim();
    await store().claimKeys([claim], times);
    await store().settleClaim(claim, createAnswer({ body: Buffer.alloc(0), isStream: true }), claim.expiresAtMs);
    const found = await store().findClaim("acme", claim.keySha256, nowMs);
    expect(found?.answer).toMatchObject({ isStream: true });
    expect(found?.answer?.body).toHaveLength(0);
  });

  test("one whose answer is not kept holds its key all the same", async () => {
    const claim = createClaim();
    await store().claimKeys([claim], times);
    await store().settleClaim(claim, undefined, claim.expiresAtMs);
    const found = await store().findClaim("acme", claim.keySha256, nowMs);
    expect(found).toMatchObject({ state: "unkept" });
    expect(found).not.toHaveProperty("answer");
    expect(await store().claimKeys([{ ...claim, run: "again" }], times)).toEqual(new Set());
  });

  test("a key that was released can be claimed again, and the run before can do nothing to it", async () => {
    const claim = createClaim();
    await store().claimKeys([claim], times);
    await store().releaseClaim(claim);
    expect(await store().findClaim("acme", claim.keySha256, nowMs)).toBeUndefined();
    const next = { ...claim, run: "next" };
    expect(await store().claimKeys([next], times)).toEqual(new Set(["next"]));
    await store().settleClaim(claim, createAnswer(), claim.expiresAtMs);
    await store().releaseClaim(claim);
    expect(await store().findClaim("acme", claim.keySha256, nowMs)).toMatchObject({ run: "next", state: "running" });
  });
}

function describeExpiry(store: () => Store): void {
  test("what has expired is not found, can be claimed, and is dropped", async () => {
    const old = createClaim({ expiresAtMs: nowMs - 1 });
    const [taken, fresh] = [createClaim({ expiresAtMs: nowMs }), createClaim()];
    await store().claimKeys([old, taken, fresh], { ...times, nowMs: nowMs - 2 });
    await store().settleClaim(taken, createAnswer(), nowMs);
    expect(await store().findClaim("acme", taken.keySha256, nowMs)).toBeUndefined();
    const renewed = { ...taken, run: "renewed", expiresAtMs: nowMs + hourMs };
    expect(await store().claimKeys([renewed], times)).toEqual(new Set(["renewed"]));
    expect(await store().findClaim("acme", taken.keySha256, nowMs)).toStrictEqual({
      run: "renewed",
      requestSha256: taken.requestSha256,
      owner: taken.owner,
      state: "running",
      aliveUntilMs: times.aliveUntilMs,
    });
    expect(await store().dropExpiredClaims(nowMs)).toBeGreaterThanOrEqual(1);
    expect(await store().dropExpiredClaims(nowMs)).toBe(0);
    expect(await store().findClaim("acme", old.keySha256, nowMs - 2)).toBeUndefined();
    expect(await store().findClaim("acme", fresh.keySha256, nowMs)).toBeDefined();
  });
}
