import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { HeadgateError } from "../../errors.ts";
import { parseJson } from "../../json.ts";
import { wholeReply, type Part, type Reply } from "../../reply.ts";
import type { Store } from "../../store/store.ts";
import { streamReply } from "../server-fixture.ts";
import {
  createResponsesFixture,
  say,
  streamed,
  textsOf,
  usage,
  type ResponsesFixture,
} from "../../../test/fixtures/responses-server.ts";
import { relayBegun } from "../../../test/clients/begun-answers.ts";

let fixture: ResponsesFixture;
let store: Store;
let setup: ResponsesFixture["serve"];

beforeAll(async () => {
  fixture = await createResponsesFixture();
  ({ store, serve: setup } = fixture);
});
afterEach(() => fixture.closeServers());
afterAll(() => fixture.close());

describe("a relay", () => {
  const output = [
    { id: "rs_up", type: "reasoning", summary: [], x_vendor: 1 },
    {
      id: "msg_up",
      type: "message",
      role: "assistant",
      status: "completed",
      content: [{ type: "output_text", text: "Yes." }],
    },
  ];

  function upstream(id: string, changes: Record<string, unknown> = {}): Record<string, unknown> {
    return { id, object: "response", status: "completed", model: "m", output, store: true, x_vendor: [1], ...changes };
  }

  function toBytes(text: string): Uint8Array {
    return new TextEncoder().encode(text);
  }

  function relayWhole(body: unknown): Reply {
    return wholeReply({
      text: "Yes.",
      toolCalls: [],
      finishReason: "stop",
      raw: toBytes(`${JSON.stringify(body, null, 1)}\n`),
    });
  }

  function relayStream(id: string): Part[] {
    const events = ["response.created", "response.output_text.delta", "response.completed"].map((type, at) => {
      const more = type.endsWith("delta") ? { delta: 'Say "response.completed".' } : { response: upstream(id) };
      return `event: ${type}\ndata: ${JSON.stringify({ type, ...more, sequence_number: at + 7 })}\n\n`;
    });
    return [
      { type: "raw", bytes: toBytes(events.slice(0, 2).join("")), says: [] },
      { type: "usage", usage },
      { type: "finish", reason: "stop" },
      { type: "raw", bytes: toBytes(`: note\n\n${events[2]}`), says: [] },
    ];
  }

  function toText(parts: readonly Part[]): string {
    return parts.map((part) => (part.type === "raw" ? Buffer.from(part.bytes).toString() : "")).join("");
  }

  test("of a whole answer passes byte by byte, and is kept under the id that the vendor gave", async () => {
    const { openai, post, calls } = await setup(() => relayWhole(upstream("resp_up1")));
    const response = await post({ model: "fast", input: "One", x_option: 1 });
    expect(await response.text()).toBe(`${JSON.stringify(upstream("resp_up1"), null, 1)}\n`);
    expect(calls[0]?.foreign.body).toEqual({ model: "fast", input: "One", x_option: 1 });
    const next = await post({ model: "fast", input: "Two", previous_response_id: "resp_up1" });
    expect(next.status).toBe(200);
    const forwarded = calls[1]?.foreign.body;
    expect(forwarded).toEqual({
      model: "fast",
      input: [
        { type: "message", status: "completed", role: "user", content: [{ type: "input_text", text: "One" }] },
        ...output,
        { type: "message", role: "user", content: "Two" },
      ],
    });
    expect(await openai.responses.retrieve("resp_up1")).toMatchObject({ ...upstream("resp_up1"), output_text: "Yes." });
  });

  test("of a stream passes byte by byte, and is kept before its last event", async () => {
    const parts = relayStream("resp_up2");
    const { openai, post } = await setup(() => streamed(...parts));
    const first = await openai.responses.create({ model: "fast", input: "Zero" }).catch(() => undefined);
    expect(first).toBeDefined();
    const response = await post({ model: "fast", input: "One", stream: true, store: true });
    expect(await response.text()).toBe(toText(parts));
    expect(await openai.responses.retrieve("resp_up2")).toMatchObject({ output, x_vendor: [1] });
  });

  test("is found under an id as long as any that is kept", async () => {
    const id = `resp_${"a".repeat(195)}`;
    const { openai } = await setup(() => relayWhole(upstream(id)));
    await openai.responses.create({ model: "fast", input: "One" });
    expect(await openai.responses.retrieve(id)).toMatchObject({ id, output });
  });

  test("remembers what it went on with", async () => {
    const { openai } = await setup(({ messages }) => relayWhole(upstream(`resp_chain${messages.length}`)));
    const first = await openai.responses.create({ model: "fast", input: "One" });
    const second = await openai.responses.create({ model: "fast", input: "Two", previous_response_id: first.id });
    expect(await openai.responses.retrieve(second.id)).toMatchObject({ previous_response_id: first.id });
  });

  test("that is not to be kept, or not by the store, says so where it can", async () => {
    const broken: Store = { ...store, insertResponse: () => Promise.reject(new HeadgateError("store_unavailable")) };
    const parts = relayStream("resp_up3");
    const { post } = await setup(({ stream }) => (stream ? streamed(...parts) : relayWhole(upstream("resp_up3"))), {
      store: broken,
    });
    const forgotten = await post({ model: "fast", input: "One", store: false });
    expect(await forgotten.json()).toEqual(upstream("resp_up3"));
    expect(forgotten.headers.has("headgate-warning")).toBe(false);
    const whole = await post({ model: "fast", input: "One" });
    expect(await whole.json()).toEqual(upstream("resp_up3", { store: false }));
    expect(whole.headers.get("headgate-warning")).toMatch(/^The answer is not kept/);
    const events = await (await post({ model: "fast", input: "One", stream: true })).text();
    expect(events.startsWith(toText(parts.slice(0, 2)))).toBe(true);
    const last = /event: response.completed\ndata: (.*)\n\n$/.exec(events)?.[1];
    expect(parseJson(last ?? "")).toMatchObject({
      sequence_number: 9,
      response: upstream("resp_up3", { store: false }),
    });
  });

  test.each([
    ["no answer", '{"object":"list"}'],
    ["no JSON", "<html>"],
    ["no id", JSON.stringify({ ...upstream("x"), id: undefined })],
    ["an odd id", JSON.stringify(upstream("resp one"))],
    ["no end", JSON.stringify(upstream("resp_begun", { status: "in_progress" }))],
  ])("of %s passes, with a warning that it is not kept", async (_what, body) => {
    const { post } = await setup(() => wholeReply({ ...say(""), raw: toBytes(body) }));
    const response = await post({ model: "fast", input: "One" });
    expect(response.status).toBe(200);
    expect(response.headers.get("headgate-warning")).toMatch(/^The answer is not kept/);
  });

  test("of an answer without a word is nothing but the vendor's bytes", async () => {
    const bytes = toText(relayStream("resp_up4"));
    const { post } = await setup(() =>
      streamed(
        { type: "raw", bytes: toBytes(""), says: [] },
        { type: "usage", usage },
        { type: "finish", reason: "stop" },
        { type: "raw", bytes: toBytes(bytes), says: [] },
      ),
    );
    expect(await (await post({ model: "fast", input: "One", stream: true })).text()).toBe(bytes);
  });

  test("that breaks ends with an error that goes on with the vendor's numbers", async () => {
    const { openai, post } = await setup(() =>
      streamReply(
        (async function* () {
          yield relayStream("resp_up5")[0]!;
          throw new HeadgateError("stream_cut");
        })(),
      ),
    );
    const events = await (await post({ model: "fast", input: "One", stream: true })).text();
    const last = /event: error\ndata: (.*)\n\n$/.exec(events)?.[1];
    expect(parseJson(last ?? "")).toMatchObject({ type: "error", code: "stream_cut", sequence_number: 9 });
    const stream = await openai.responses.create({ model: "fast", input: "One", stream: true });
    const read = async (): Promise<void> => {
      for await (const event of stream) expect(event.type).not.toBe("response.completed");
    };
    await expect(read()).rejects.toMatchObject({ code: "stream_cut" });
  });

  test("that another model ends is kept under the id that the vendor gave, and goes on", async () => {
    const rescued = relayBegun("openai-responses");
    const target = { provider: "two", model: "steady-1", rule: "fallback" };
    const sent: Part = { type: "text", text: "Grüße" };
    const { openai, calls } = await setup(({ stream }) =>
      stream
        ? streamed(
            ...rescued,
            { type: "resumed", sent: [sent], target },
            { type: "text", text: "." },
            { type: "usage", usage },
            { type: "finish", reason: "stop" },
          )
        : wholeReply(say("Yes.")),
    );
    const events = await openai.responses.stream({ model: "fast", input: "One" }).finalResponse();
    expect(events).toMatchObject({ id: "resp_up", model: "steady-1", status: "completed", store: true });
    const kept = await openai.responses.retrieve("resp_up");
    expect(kept).toMatchObject({ output_text: "Grüße.", model: "steady-1", headgate: { rescued: true } });
    await openai.responses.create({ model: "fast", input: "Two", previous_response_id: "resp_up" });
    expect(textsOf(calls[1]!)).toEqual(['user: "One"', expect.stringContaining("Grüße."), 'user: "Two"']);
  });

  test("that nobody can go on with ends with an error that goes on with the vendor's numbers", async () => {
    const target = { provider: "two", model: "steady-1", rule: "fallback" };
    const [begun] = relayStream("resp_up6");
    const { post } = await setup(() => streamed(begun!, { type: "resumed", sent: [], target }));
    const events = await (await post({ model: "fast", input: "One", stream: true })).text();
    expect(events.match(/response\.created/g)).toHaveLength(2);
    const last = /event: error\ndata: (.*)\n\n$/.exec(events)?.[1];
    expect(parseJson(last ?? "")).toMatchObject({ type: "error", code: "stream_cut", sequence_number: 9 });
  });
});
