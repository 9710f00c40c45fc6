import { expect, test } from "vitest";
import { z } from "zod";
import { createEndpointCall } from "../../../../test/fixtures/endpoint-call.ts";
import type { Call } from "../../../call.ts";
import type { EndpointReuse } from "../../../endpoint/snapshot.ts";
import { createManualClock } from "../../../testing/manual-clock.ts";
import { createSemanticIndex } from "./semantic-index.ts";
import { createSimilarAnswers } from "./similar-answers.ts";

const input = z.object({
  question: z.string(),
  count: z.number().optional(),
  tone: z.enum(["kind", "curt"]).optional(),
});
const semantic: EndpointReuse = { ttlSeconds: 60, semantic: { similarity: 0.8 } };

function open() {
  const clock = createManualClock();
  const index = createSemanticIndex({ clock, embed: async (texts) => texts.map(() => [1, 0]) });
  const toScope = (call: Call, rest: unknown): string => JSON.stringify([call.endpoint?.name, rest]);
  return { clock, answers: createSimilarAnswers({ index, clock, toScope }) };
}

function ask(fields: z.infer<typeof input>, reuse: EndpointReuse | undefined = semantic): Call {
  const call = createEndpointCall({ input, value: fields });
  return { ...call, endpoint: { ...call.endpoint!, reuse } };
}

const kept = { tenant: "a", hash: "h1" };
const mine = { tenant: "a", hash: "h2" };

test("an answer is found by its request's meaning until it expires", async () => {
  const { answers, clock } = open();
  answers.add(ask({ question: "How do I reset my password?" }), kept);
  const other = ask({ question: "How can I reset my password?" });
  expect(await answers.findSimilar(other, mine)).toEqual(kept);
  expect(await answers.findSimilar(other, { tenant: "b", hash: "h2" })).toBeUndefined();
  clock.advance(60_000);
  expect(await answers.findSimilar(other, mine)).toBeUndefined();
});

test("numbers and choices have to be equal", async () => {
  const { answers } = open();
  answers.add(ask({ question: "How do I reset my password?", count: 1, tone: "kind" }), kept);
  const question = "How can I reset my password?";
  expect(await answers.findSimilar(ask({ question, count: 2, tone: "kind" }), mine)).toBeUndefined();
  expect(await answers.findSimilar(ask({ question, count: 1, tone: "curt" }), mine)).toBeUndefined();
  expect(await answers.findSimilar(ask({ question, count: 1 }), mine)).toBeUndefined();
  expect(await answers.findSimilar(ask({ question, tone: "kind", count: 1 }), mine)).toEqual(kept);
});

test("without semantic reuse nothing is kept or found", async () => {
  const { answers } = open();
  const question = "How do I reset my password?";
  answers.add(ask({ question }, { ttlSeconds: 60 }), kept);
  expect(await answers.findSimilar(ask({ question }), mine)).toBeUndefined();
  answers.add(ask({ question }), kept);
  expect(await answers.findSimilar(ask({ question }, { ttlSeconds: 60 }), mine)).toBeUndefined();
});
