import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Call } from "../../call.ts";
import { toModelEntry } from "../../endpoint/model-entry.ts";
import { createEndpointCall } from "../../../test/fixtures/endpoint-call.ts";
import { toAnswerKey } from "./answer-key.ts";
import { toCanonicalJson } from "../../canonical-json.ts";

const endpointCall = createEndpointCall({ value: {} });
const hashOf = (call: Call, tenant = "acme"): string => toAnswerKey(tenant, call).hash;

function chat(body: Record<string, unknown>, changes: Partial<Call> = {}): Call {
  return { ...endpointCall, endpoint: undefined, foreign: { dialect: "openai-chat", body }, ...changes };
}

const json = fc.jsonValue().filter((value) => JSON.stringify(value).length < 2000);

function shuffle(value: unknown, random: () => number): unknown {
  if (Array.isArray(value)) return value.map((item) => shuffle(item, random));
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).map(([key, inner]) => [key, shuffle(inner, random), random()] as const);
  return Object.fromEntries(entries.sort((a, b) => a[2] - b[2]).map(([key, inner]) => [key, inner]));
}

describe("canonical JSON", () => {
  test("is the same whatever the order of keys, and reads back as the same value", () => {
    fc.assert(
      fc.property(json, fc.infiniteStream(fc.double({ min: 0, max: 1, noNaN: true })), (value, doubles) => {
        const shuffled = shuffle(value, () => doubles.next().value as number);
        expect(toCanonicalJson(shuffled)).toBe(toCanonicalJson(value));
        expect(JSON.parse(toCanonicalJson(value))).toEqual(JSON.parse(JSON.stringify(value)));
      }),
    );
  });

  test("differs for different values", () => {
    fc.assert(
      fc.property(json, json, (one, other) => {
        fc.pre(JSON.stringify(sorted(one)) !== JSON.stringify(sorted(other)));
        expect(toCanonicalJson(one)).not.toBe(toCanonicalJson(other));
      }),
    );
    expect(toCanonicalJson(["\u00e9"])).not.toBe(toCanonicalJson(["e\u0301"]));
    expect(toCanonicalJson("\ud800")).not.toBe(toCanonicalJson("\udfff"));
    expect(toCanonicalJson({ a: undefined, b: 1 })).toBe(toCanonicalJson({ b: 1 }));
  });
});

function sorted(value: unknown): unknown {
  return shuffle(value, () => 0) === undefined ? value : sortKeys(value);
}

function sortKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortKeys);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, inner]) => [key, sortKeys(inner)]));
}

describe("the key", () => {
  test("never is another tenant's", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), fc.string({ unit: "binary" }), (one, other) => {
        fc.pre(one !== other);
        expect(hashOf(endpointCall, one)).not.toBe(hashOf(endpointCall, other));
      }),
    );
  });

  test("leaves out who asks, when, how the answer is sent, and what comes after the first choice", () => {
    const [first] = endpointCall.route!.candidates;
    const second = toModelEntry("second", { provider: "test", model: "second-1" });
    const same: Partial<Call>[] = [
      { requestId: "other" },
      { stream: true },
      { startedAtMs: 5, deadlineMs: 6 },
      { keyId: "k", team: "t", metadata: { a: "b" } },
      { settings: { user: "someone" } },
      { route: { candidates: [first!, second], rule: "other", tier: "smart" } },
    ];
    for (const changes of same) expect(hashOf({ ...endpointCall, ...changes })).toBe(hashOf(endpointCall));
  });

  test("changes with everything that an endpoint's answer hangs on", () => {
    const endpoint = endpointCall.endpoint!;
    const prompt = { version: "1.0.0", sha256: "a" };
    const calls: Call[] = [
      endpointCall,
      { ...endpointCall, endpoint: { ...endpoint, name: "other" } },
      { ...endpointCall, endpoint: { ...endpoint, contract: 2 } },
      {
        ...endpointCall,
        endpoint: { ...endpoint, output: { ...endpoint.output, jsonSchema: { type: "object", a: 1 } } },
      },
      { ...endpointCall, notes: { ...endpointCall.notes, prompt } },
      { ...endpointCall, notes: { ...endpointCall.notes, prompt: { ...prompt, version: "1.0.1" } } },
      { ...endpointCall, notes: { ...endpointCall.notes, prompt: { ...prompt, sha256: "b" } } },
      { ...endpointCall, messages: [{ role: "user", content: "Question?" }] },
      { ...endpointCall, messages: [{ role: "system", content: "Question" }] },
      { ...endpointCall, settings: { temperature: 0 } },
      { ...endpointCall, settings: { temperature: 0.1 } },
      { ...endpointCall, tools: [{ name: "look", parameters: {} }] },
      ...["small", "large"].map((name) => withModel(name, "test", "m")),
      withModel("small", "other", "m"),
      chat({ messages: [] }),
    ];
    expect(new Set(calls.map((call) => hashOf(call))).size).toBe(calls.length);
  });

  test("of a foreign request leaves out what does not change its answer, and nothing else", () => {
    const body = { messages: [{ role: "user", content: "Hi" }], temperature: 1 };
    const volatile = {
      model: "x",
      stream: true,
      stream_options: { include_usage: true },
      user: "u",
      metadata: { a: "b" },
    };
    const more = { store: true, safety_identifier: "s", prompt_cache_key: "p" };
    expect(hashOf(chat({ ...volatile, ...more, ...body }, { stream: true }))).toBe(hashOf(chat(body)));
    const others = [
      chat({ ...body, temperature: 0 }),
      chat({ ...body, anything: 1 }),
      chat(body, { foreign: { dialect: "openai-responses", body } }),
      chat(body, { foreign: { dialect: "openai-chat", body, headers: { "anthropic-beta": "x" } } }),
    ];
    expect(new Set([chat(body), ...others].map((call) => hashOf(call))).size).toBe(others.length + 1);
  });
});

function withModel(name: string, provider: string, model: string): Call {
  return { ...endpointCall, route: { candidates: [toModelEntry(name, { provider, model })], rule: "r" } };
}
