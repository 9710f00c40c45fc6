import { expect, test } from "vitest";
import type { AttemptNote, Call } from "../../call.ts";
import type { Message } from "../../message.ts";
import { estimatePrompt } from "../../prompt-tokens.ts";
import type { Usage } from "../../reply.ts";
import { createTokenCalibration } from "./token-calibration.ts";

function callOf(content: Message["content"], model = "m"): Call {
  const route = {
    candidates: [{ name: model, deployments: [{ provider: "p", model, weight: 1 }] }],
    rule: "requested",
  };
  return { messages: [{ role: "user", content }], route } as Partial<Call> as Call;
}

function answerOf(usage: Partial<Usage> | undefined, model = "m"): AttemptNote {
  return {
    provider: "p",
    model,
    reason: "first",
    durationMs: 1,
    ...(usage ? { usage: { inputTokens: 1, outputTokens: 1, ...usage } } : {}),
  };
}

const texts = Array.from({ length: 40 }, (_, index) => "The council approved the bridge. ".repeat(index + 1));

test("a model that counts a third more is estimated by a third more, and others as before", () => {
  const tokens = createTokenCalibration();
  for (const text of texts) {
    const call = callOf(text);
    tokens.learn(answerOf({ inputTokens: Math.round(estimatePrompt(call) * 1.33) }), call);
  }
  const plain = estimatePrompt(callOf(texts[20]!));
  expect(tokens.estimatePromptTokens(callOf(texts[20]!)) / plain).toBeCloseTo(1.33, 1);
  expect(tokens.estimatePromptTokens(callOf(texts[20]!, "other"))).toBe(plain);
  expect(tokens.estimatePromptTokens({ messages: callOf(texts[20]!).messages } as Partial<Call> as Call)).toBe(plain);
  const [report] = tokens.list();
  expect(report).toMatchObject({ provider: "p", model: "m", calls: 40 });
  expect(report!.errorPercent.plain).toBeCloseTo(25, 0);
  // The first call is judged before anything is learned.
  expect(report!.errorPercent.calibrated).toBeLessThan(4);
});

test("the ratio follows what prompts have become", () => {
  const tokens = createTokenCalibration();
  const teach = (ratio: number, times: number): void => {
    for (let turn = 0; turn < times; turn++) {
      const call = callOf(texts[turn % texts.length]!);
      tokens.learn(answerOf({ inputTokens: Math.round(estimatePrompt(call) * ratio) }), call);
    }
  };
  teach(1, 500);
  // Once it is known, one call of ten is learned from.
  expect(tokens.list()[0]!.calls).toBe(230);
  teach(2, 2000);
  expect(tokens.list()[0]!.ratio).toBeGreaterThan(1.9);
});

test("nothing is learned from what the provider did not count, or counted something else", () => {
  const tokens = createTokenCalibration();
  const call = callOf(texts[9]!);
  tokens.learn(answerOf(undefined), call);
  tokens.learn(answerOf({ inputTokens: 50, isEstimated: true }), call);
  tokens.learn(answerOf({ inputTokens: 0 }), call);
  tokens.learn(answerOf({ inputTokens: 100_000 }), call);
  tokens.learn(answerOf({ inputTokens: 1 }), call);
  tokens.learn(answerOf({ inputTokens: 900 }), callOf([{ type: "image", url: "data:image/png;base64,AAAA" }]));
  tokens.learn(answerOf({ inputTokens: 5 }), { ...call, messages: [] });
  expect(tokens.list()).toEqual([]);
});

test("the models are bounded: whichever was not called for longest makes room", () => {
  const tokens = createTokenCalibration();
  const call = callOf(texts[9]!);
  const teach = (model: string): void => tokens.learn(answerOf({ inputTokens: 60 }, model), call);
  teach("first");
  teach("second");
  for (let index = 0; index < 998; index++) teach(`m${index}`);
  teach("first");
  teach("last");
  const models = tokens.list().map(({ model }) => model);
  expect(models).toHaveLength(1000);
  expect([models.includes("first"), models.includes("second")]).toEqual([true, false]);
});
