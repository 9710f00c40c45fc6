import { APIError, NotFoundError } from "openai";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { HeadgateError } from "../../errors.ts";
import { wholeReply, type Part } from "../../reply.ts";
import type { Store } from "../../store/store.ts";
import { createManualClock } from "../../testing/manual-clock.ts";
import { findSpecViolations } from "../../../test/specs/openai-spec.ts";
import { streamReply } from "../server-fixture.ts";
import {
  createResponsesFixture,
  say,
  streamed,
  textsOf,
  usage,
  type ResponsesFixture,
} from "../../../test/fixtures/responses-server.ts";

let fixture: ResponsesFixture;
let store: Store;
let setup: ResponsesFixture["serve"];

beforeAll(async () => {
  fixture = await createResponsesFixture();
  ({ store, serve: setup } = fixture);
});
afterEach(() => fixture.closeServers());
afterAll(() => fixture.close());

describe("a conversation", () => {
  test("goes on by the id of its last answer; the model sees all of it, and no provider sees the id", async () => {
    let turn = 0;
    const { openai, calls } = await setup(() => wholeReply(say(`Answer ${++turn}.`)));
    const first = await openai.responses.create({ model: "fast", input: "One", instructions: "Be brief." });
    const second = await openai.responses.create({
      model: "fast",
      input: [{ role: "user", content: "Two" }],
      previous_response_id: first.id,
    });
    const third = await openai.responses.create({ model: "fast", input: "Three", previous_response_id: second.id });
    expect(third.previous_response_id).toBe(second.id);
    expect(third.output_text).toBe("Answer 3.");
    // Instructions belong to their own request only.
    expect(textsOf(calls[0]!)).toEqual(['system: "Be brief."', 'user: "One"']);
    expect(textsOf(calls[2]!)).toEqual([
      'user: "One"',
      'assistant: "Answer 1."',
      'user: "Two"',
      'assistant: "Answer 2."',
      'user: "Three"',
    ]);
    expect(calls[2]?.foreign.body).not.toHaveProperty("previous_response_id");
    // Ids that Headgate made mean nothing to a vendor.
    expect(JSON.stringify(calls[2]?.foreign.body)).not.toMatch(/_hg[0-9a-f]{32}/);
  });

  test("goes on from a stream, with tool calls and sealed reasoning", async () => {
    const block = { vendor: "anthropic", text: "Hm", signature: "s" } as const;
    const { openai, calls } = await setup(({ stream }) =>
      stream
        ? streamed(
            { type: "reasoning", text: "Hm" },
            { type: "reasoning-block", block },
            { type: "tool-call", index: 0, id: "c1", name: "look", arguments: "{}" },
            { type: "finish", reason: "tool_calls" },
          )
        : wholeReply(say("A cat.")),
    );
    const stream = openai.responses.stream({ model: "fast", input: "What?" });
    const { id } = await stream.finalResponse();
    await openai.responses.create({
      model: "fast",
      previous_response_id: id,
      input: [{ type: "function_call_output", call_id: "c1", output: "a cat" }],
    });
    expect(calls[1]?.messages).toEqual([
      { role: "user", content: "What?" },
      { role: "assistant", content: "", reasoning: [block], toolCalls: [{ id: "c1", name: "look", arguments: "{}" }] },
      { role: "tool", toolCallId: "c1", content: "a cat" },
    ]);
  });

  test("branches where two requests go on with the same answer", async () => {
    const { openai, calls } = await setup(() => wholeReply(say("Yes.")));
    const { id } = await openai.responses.create({ model: "fast", input: "One" });
    await Promise.all(
      ["Left", "Right"].map((input) => openai.responses.create({ model: "fast", input, previous_response_id: id })),
    );
    const asked = new Set(calls.slice(1).map((call) => textsOf(call)[2]));
    expect(asked).toEqual(new Set(['user: "Left"', 'user: "Right"']));
  });

  test("is its tenant's own", async () => {
    const { openai, stranger } = await setup(() => wholeReply(say("Yes.")));
    const { id, output } = await openai.responses.create({ model: "fast", input: "One" });
    const request = { model: "fast", input: "Two", previous_response_id: id };
    await expect(stranger.responses.create(request)).rejects.toMatchObject({
      status: 404,
      code: "response_not_found",
      param: "previous_response_id",
    });
    await expect(stranger.responses.retrieve(id)).rejects.toBeInstanceOf(NotFoundError);
    await expect(stranger.responses.delete(id)).rejects.toBeInstanceOf(NotFoundError);
    await expect(stranger.responses.inputItems.list(id)).rejects.toBeInstanceOf(NotFoundError);
    const reference = { type: "item_reference" as const, id: output[0]?.id ?? "" };
    await expect(stranger.responses.create({ model: "fast", input: [reference] })).rejects.toBeInstanceOf(
      NotFoundError,
    );
  });

  test("of an id that nobody has is the client's not-found error, and asks no model", async () => {
    const { openai, calls } = await setup(() => wholeReply(say("Yes.")));
    for (const id of ["resp_nobody", "", "a\0b"]) {
      const asked = openai.responses.create({ model: "fast", input: "Two", previous_response_id: id });
      await expect(asked).rejects.toBeInstanceOf(NotFoundError);
    }
    expect(calls).toEqual([]);
  });

  test("is forgotten after thirty days, or what the project says, counted from its last answer", async () => {
    for (const [days, kept] of [
      [undefined, 30],
      [2, 2],
    ] as const) {
      const clock = createManualClock(Date.now());
      const { openai } = await setup(() => wholeReply(say("Yes.")), { clock }, days);
      const first = await openai.responses.create({ model: "fast", input: "One" });
      clock.advance(86_400_000 * (kept - 1));
      const second = await openai.responses.create({ model: "fast", input: "Two", previous_response_id: first.id });
      clock.advance(86_400_000);
      await expect(openai.responses.retrieve(first.id)).rejects.toBeInstanceOf(NotFoundError);
      const items = await openai.responses.inputItems.list(second.id);
      expect(items.data).toHaveLength(3);
      clock.advance(86_400_000 * (kept - 1));
      const late = openai.responses.create({ model: "fast", input: "Three", previous_response_id: second.id });
      await expect(late).rejects.toBeInstanceOf(NotFoundError);
    }
  });
});

describe("references to items", () => {
  test("are replaced by what was said, once", async () => {
    const { openai, calls } = await setup(() => wholeReply(say("Yes.")));
    const first = await openai.responses.create({ model: "fast", input: "One" });
    const reference = { type: "item_reference" as const, id: first.output[0]?.id ?? "" };
    await openai.responses.create({
      model: "fast",
      input: [{ role: "user", content: "One" }, reference, { role: "user", content: "Two" }],
    });
    expect(textsOf(calls[1]!)).toEqual(['user: "One"', 'assistant: "Yes."', 'user: "Two"']);
    await openai.responses.create({
      model: "fast",
      previous_response_id: first.id,
      input: [reference, { role: "user", content: "Two" }],
    });
    expect(textsOf(calls[2]!)).toEqual(textsOf(calls[1]!));
    expect(JSON.stringify(calls[2]?.foreign.body)).not.toContain("item_reference");
  });

  test("that lead nowhere are refused", async () => {
    const { openai, calls } = await setup(() => wholeReply(say("Yes.")));
    const input = [
      { role: "user" as const, content: "One" },
      { type: "item_reference" as const, id: "msg_nowhere" },
    ];
    await expect(openai.responses.create({ model: "fast", input })).rejects.toMatchObject({
      status: 404,
      param: "input[1]",
    });
    expect(calls).toEqual([]);
  });
});

describe("a stream of another dialect", () => {
  test("that breaks is the official client's error, and is not kept", async () => {
    const inserted: string[] = [];
    const watching: Store = { ...store, insertResponse: async ({ id }) => void inserted.push(id) };
    const { openai } = await setup(
      () =>
        streamReply(
          (async function* () {
            yield { type: "text", text: "Ye" } as const;
            throw new HeadgateError("stream_cut");
          })(),
        ),
      { store: watching },
    );
    const stream = openai.responses.stream({ model: "fast", input: "One" });
    await expect(stream.finalResponse()).rejects.toBeInstanceOf(APIError);
    expect(inserted).toEqual([]);
  });

  test("that breaks before its first word has the error's own status", async () => {
    const { openai } = await setup(() =>
      streamReply(
        (async function* () {
          yield* [] as Part[];
          throw new HeadgateError("provider_rate_limited");
        })(),
      ),
    );
    await expect(openai.responses.create({ model: "fast", input: "One", stream: true })).rejects.toMatchObject({
      status: 429,
    });
  });

  test("may be empty", async () => {
    const { openai } = await setup(() => streamed({ type: "usage", usage }, { type: "finish", reason: "stop" }));
    const final = await openai.responses.stream({ model: "fast", input: "One" }).finalResponse();
    expect(final).toMatchObject({ status: "completed", output: [], usage: { total_tokens: 5 } });
  });
});

test("an endpoint is a model, whole and streamed", async () => {
  const { openai, endpointCalls } = await setup(() => wholeReply(say("")));
  const whole = await openai.responses.create({ model: "endpoint:summarize/v1", input: "A long article." });
  expect(whole).toMatchObject({ model: "endpoint:summarize/v1", output_text: '{"summary":"Short."}' });
  const final = await openai.responses
    .stream({ model: "endpoint:summarize", input: "A long article." })
    .finalResponse();
  expect(final.output_text).toBe('{"summary":"Short."}');
  expect(endpointCalls.map(({ input }) => input)).toEqual([{ text: "A long article." }, { text: "A long article." }]);
});

test("what was changed on the way is told", async () => {
  const { post } = await setup(() => ({ ...wholeReply(say("Yes.")), warnings: ["seed was dropped."] }));
  const response = await post({ model: "fast", input: "One" });
  expect(response.headers.get("headgate-warning")).toBe("seed was dropped.");
});

test.each([
  ["an empty body", undefined],
  ["a list", []],
  ["no input", { model: "fast" }],
  ["work in the background", { model: "fast", input: "One", background: true }],
])("the official client sees %s as its own bad request", async (_what, body) => {
  const { post } = await setup(() => wholeReply(say("Yes.")));
  const response = await post(body);
  expect(response.status).toBe(400);
  expect(findSpecViolations("error", await response.json(), "strict")).toEqual([]);
});
