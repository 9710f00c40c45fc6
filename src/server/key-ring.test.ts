import { expect, test } from "vitest";
import type { Clock } from "../clock.ts";
import { HeadgateError } from "../errors.ts";
import type { KeyRow } from "../store/store.ts";
import { createKey } from "./create-key.ts";
import { createKeyRing } from "./key-ring.ts";
import type { KeyRing } from "./key-ring.ts";

interface Setup {
  readonly keys: KeyRing;
  readonly rows: KeyRow[];
  readonly warnings: unknown[];
  /** Makes the store fail from now on, or answer again. */
  readonly fail: (isFailing: boolean) => void;
  /** Lets the refresh interval pass and the read that it starts end. */
  readonly passInterval: () => Promise<void>;
}

function setup(rows: KeyRow[]): Setup {
  let isFailing = false;
  let onTimer: (() => void) | undefined;
  let read = Promise.withResolvers<void>();
  const warnings: unknown[] = [];
  const clock = {
    after: (_ms: number, callback: () => void) => {
      onTimer = callback;
      read.resolve();
      return () => (onTimer = undefined);
    },
  } as Partial<Clock> as Clock;
  const store = {
    listKeys: () => (isFailing ? Promise.reject(new HeadgateError("store_unavailable")) : Promise.resolve([...rows])),
  };
  const logger = { warn: (line: unknown) => warnings.push(line) } as never;
  const keys = createKeyRing({ store, clock, logger, refreshMs: 1000 });
  return {
    keys,
    rows,
    warnings,
    fail: (value) => (isFailing = value),
    passInterval: async () => {
      await read.promise;
      read = Promise.withResolvers();
      onTimer?.();
      await read.promise;
    },
  };
}

test("a key is found by its secret, and by nothing else", async () => {
  const { secret, row } = createKey({ name: "app", tenant: "acme", nowMs: 1 });
  const { keys } = setup([row]);
  await keys.refresh();
  expect(keys.find(secret)).toEqual(row);
  for (const wrong of [
    `${secret}x`,
    secret.slice(0, -1),
    secret.toUpperCase(),
    row.sha256,
    row.id,
    "hg_",
    "",
    "__proto__",
  ]) {
    expect(keys.find(wrong)).toBeUndefined();
  }
});

test("a new key has 256 random bits, and its row does not hold the secret", () => {
  const first = createKey({ name: "app", nowMs: 1 });
  const second = createKey({ name: "app", nowMs: 1 });
  expect(first.secret).toMatch(/^hg_[A-Za-z0-9_-]{43}$/);
  expect(first.secret).not.toBe(second.secret);
  expect(JSON.stringify(first.row)).not.toContain(first.secret.slice(3));
  expect(first.row).toMatchObject({ tenant: "default", scopes: ["call"], createdAtMs: 1 });
});

test("a key that is revoked elsewhere stops working at the next refresh", async () => {
  const { secret, row } = createKey({ name: "app", nowMs: 1 });
  const { keys, rows, passInterval } = setup([row]);
  await keys.refresh();
  rows[0] = { ...row, revokedAtMs: 2 };
  expect(keys.find(secret)).toBeDefined();
  await passInterval();
  expect(keys.find(secret)).toBeUndefined();
});

test("while the store is down the last good keys stay, and the failure is reported once", async () => {
  const { secret, row } = createKey({ name: "app", nowMs: 1 });
  const { keys, warnings, fail, passInterval } = setup([row]);
  await keys.refresh();
  fail(true);
  await passInterval();
  await passInterval();
  expect(keys.find(secret)).toEqual(row);
  expect(warnings).toHaveLength(1);
  fail(false);
  await passInterval();
  fail(true);
  await passInterval();
  expect(warnings).toHaveLength(2);
});

test("it is not loaded until the store has answered once", async () => {
  const { keys, fail, passInterval } = setup([]);
  fail(true);
  expect(keys.isLoaded).toBe(false);
  await keys.refresh().catch(() => {});
  fail(false);
  await passInterval();
  expect(keys.isLoaded).toBe(true);
});

test("a read that answers late does not undo one that was started after it", async () => {
  const { row, secret } = createKey({ name: "app", nowMs: 1 });
  const answers: ((rows: readonly KeyRow[]) => void)[] = [];
  const keys = createKeyRing({
    store: { listKeys: () => new Promise((resolve) => answers.push(resolve)) },
    clock: { after: () => () => {} } as Partial<Clock> as Clock,
    logger: { warn: () => {} } as never,
    refreshMs: 1000,
  });
  const own = keys.refresh();
  answers[1]?.([]);
  await own;
  answers[0]?.([row]);
  await Promise.resolve();
  await Promise.resolve();
  expect(keys.find(secret)).toBeUndefined();
});
