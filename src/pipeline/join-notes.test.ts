import { describe, expect, test } from "vitest";
import type { CallNotes } from "../call.ts";
import { joinCacheNote, joinNotes } from "./join-notes.ts";

function createNotes(changes: Partial<CallNotes> = {}): CallNotes {
  return { nextReason: "first", attempts: [], rungs: [], warnings: [], providerWarnings: [], ...changes };
}

const attempt = { provider: "p", model: "m", reason: "first", durationMs: 1 } as const;
const saved = { inputTokens: 10, outputTokens: 2, microUsd: 5 };

describe("joining notes", () => {
  test("counts rungs on from the attempts before, and says each warning once", () => {
    const whole = createNotes({
      attempts: [attempt],
      warnings: ["a"],
      target: { provider: "p", model: "x", rule: "r" },
    });
    const rung = { rung: "native", ok: true, attempt: 1 } as const;
    const target = { provider: "p", model: "m", rule: "r" };
    joinNotes(
      whole,
      createNotes({ attempts: [attempt], rungs: [rung], warnings: ["a", "b"], target, firstPartAtMs: 7 }),
    );
    expect(whole).toMatchObject({
      attempts: [attempt, attempt],
      rungs: [{ ...rung, attempt: 2 }],
      warnings: ["a", "b"],
      target,
      firstPartAtMs: 7,
    });
  });

  test("of an answer that is made of kept pieces and a new one, says that it is new, and all that was saved", () => {
    const whole = createNotes();
    joinNotes(whole, createNotes({ cache: { status: "hit", ageSeconds: 3, saved } }));
    expect(whole.cache).toEqual({ status: "hit", ageSeconds: 3, saved });
    joinNotes(whole, createNotes({ cache: { status: "miss" } }));
    joinCacheNote(whole, { status: "join", saved: { ...saved, microUsd: null } });
    expect(whole.cache).toEqual({ status: "miss", saved: { inputTokens: 20, outputTokens: 4, microUsd: 5 } });
  });
});
