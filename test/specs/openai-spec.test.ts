import { expect, test } from "vitest";
import { isRecord } from "../../src/json.ts";
import { isStream, loadRecordings, type Recording } from "../replay/recording.ts";
import { findSpecViolations, hasOpenAiSpec, type SpecName } from "./openai-spec.ts";

/** What OpenAI's own servers once said, with what it is. */
function nameAnswers(recording: Recording): (readonly [SpecName, unknown])[] {
  const { meta, response, request } = recording;
  const { status, body, sse_text: events = "" } = response;
  if (status >= 400) return isRecord(body) && "error" in body ? [["error", body]] : [];
  const isChat = meta.endpoint.startsWith("openai.chat");
  if (meta.endpoint.startsWith("openai.embed")) return [["embeddings", body]];
  if (!isChat && (!meta.endpoint.startsWith("openai.responses") || request.path.endsWith("input_tokens"))) return [];
  if (!isStream(recording)) return isRecord(body) ? [[isChat ? "chat completion" : "response", body]] : [];
  const data = [...events.matchAll(/^data: (\{.*)$/gm)].map(([, text]) => JSON.parse(text ?? "") as unknown);
  return data.map((event) => [isChat ? "chat chunk" : "response event", event] as const);
}

const recordings = loadRecordings();

test("OpenAI's description, read relaxed, is met by what its servers really said", () => {
  const own = recordings?.filter(({ provider }) => provider === "openai") ?? [];
  const answers = own.flatMap((recording) =>
    nameAnswers(recording).map(([name, value]) => ({ id: recording.id, name, value })),
  );
  const wrong = answers.flatMap(({ id, name, value }) =>
    findSpecViolations(name, value).map((what) => `${id} ${name}: ${what}`),
  );
  expect(wrong).toEqual([]);
  expect(answers.length).toBeGreaterThanOrEqual(recordings ? 200 : 0);
});

const wrongAnswers: [string, SpecName, unknown][] = [
  ["a response without output", "response", { id: "resp_1", object: "response", model: "m" }],
  ["an event of no known type", "response event", { type: "response.surprise", sequence_number: 0 }],
  ["an event without its number", "response event", { type: "response.output_text.delta", delta: "x" }],
  ["a completion without choices", "chat completion", { id: "c", object: "chat.completion", created: 1, model: "m" }],
  ["a vector of words", "embeddings", { object: "list", model: "m", data: [{ object: "embedding", embedding: 1 }] }],
  ["a model without id", "models", { object: "list", data: [{ object: "model" }] }],
  ["an error without type", "error", { error: { message: "no" } }],
];

test.each(hasOpenAiSpec ? wrongAnswers : [])("OpenAI's description is not met by %s", (_what, name, value) => {
  expect(findSpecViolations(name, value)).not.toEqual([]);
});
