import { describe, expect, test } from "vitest";
import type { Store, StoredAnswer } from "../store/store.ts";

const nowMs = Date.UTC(2026, 10, 24, 10, 20, 30, 456);

let made = 0;

function createAnswer(changes: Partial<StoredAnswer> = {}): StoredAnswer {
  return {
    tenant: "acme",
    key: `${++made}`.padStart(64, "0"),
    createdAtMs: nowMs,
    expiresAtMs: nowMs + 60_000,
    body: JSON.stringify({ text: "it's \u0000, \ud800, \u{1f642}" }),
    ...changes,
  };
}

/** What every store must do for answers that are used again. */
export function describeStoredAnswers(store: () => Store): void {
  const find = async (tenant: string, key: string, atMs: number): Promise<string | undefined> => {
    const [found] = await store().findAnswers([{ tenant, key }], atMs);
    return found;
  };
  describe("answers that are used again", () => {
    test("come back as they were given, to their own tenant, until they expire", async () => {
      const answer = createAnswer();
      const { key, body } = answer;
      await store().insertAnswers([answer, createAnswer()]);
      expect(await find("acme", key, nowMs + 59_999)).toBe(body);
      expect(await find("acme", key, nowMs + 60_000)).toBeUndefined();
      expect(await find("globex", key, nowMs)).toBeUndefined();
      expect(await find("", key, nowMs)).toBeUndefined();
    });

    test("are found many at once, each in its place", async () => {
      const [one, other] = [createAnswer(), createAnswer({ tenant: "globex", body: '"other"' })];
      await store().insertAnswers([one, other]);
      const asked = [other, { tenant: "acme", key: other.key }, one, { tenant: "acme", key: "none" }];
      expect(await store().findAnswers(asked, nowMs)).toEqual(['"other"', undefined, one.body, undefined]);
      expect(await store().findAnswers([], nowMs)).toEqual([]);
    });

    test("are listed by their keys, the newest first, without those that have expired", async () => {
      const later = [5, 4, 3].map((ms) => createAnswer({ createdAtMs: nowMs + ms * 1e9, expiresAtMs: nowMs + 1e11 }));
      await store().insertAnswers([...later, createAnswer({ createdAtMs: nowMs + 9e9, expiresAtMs: nowMs - 1 })]);
      expect(await store().listAnswerKeys(2, nowMs)).toEqual(later.slice(0, 2).map(({ key }) => key));
    });

    test("take the place of older ones, within a batch and across, and never of newer ones", async () => {
      const first = createAnswer({ body: '"first"' });
      const { key } = first;
      const second = { ...first, createdAtMs: nowMs + 1, expiresAtMs: nowMs + 90_000, body: '"second"' };
      await store().insertAnswers([first, second]);
      expect(await find("acme", key, nowMs)).toBe('"second"');
      await store().insertAnswers([first]);
      expect(await find("acme", key, nowMs + 60_000)).toBe('"second"');
      await store().insertAnswers([{ ...second, createdAtMs: nowMs + 2, body: '"third"' }]);
      expect(await find("acme", key, nowMs)).toBe('"third"');
    });

    test("are freed once they have expired, a bounded number at once", async () => {
      await store().dropExpiredAnswers(nowMs - 1);
      const old = Array.from({ length: 600 }, () => createAnswer({ expiresAtMs: nowMs - 10 }));
      const alive = createAnswer({ expiresAtMs: nowMs + 1 });
      await store().insertAnswers([...old, alive]);
      expect(await store().dropExpiredAnswers(nowMs)).toBe(500);
      expect(await store().dropExpiredAnswers(nowMs)).toBe(100);
      expect(await find("acme", alive.key, nowMs)).toBe(alive.body);
      await expect(store().insertAnswers([])).resolves.toBeUndefined();
    });
  });
}
