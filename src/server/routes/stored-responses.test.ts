import { BadRequestError, NotFoundError } from "openai";
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { HeadgateError } from "../../errors.ts";
import { wholeReply, type Part } from "../../reply.ts";
import type { Store } from "../../store/store.ts";
import { createManualClock } from "../../testing/manual-clock.ts";
import { findSpecViolations } from "../../../test/specs/openai-spec.ts";
import {
  createResponsesFixture,
  readUntil,
  say,
  streamed,
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

describe("what is kept", () => {
  test("is given, listed and deleted as the official client asks", async () => {
    const { openai } = await setup(() =>
      wholeReply(say("", { toolCalls: [{ id: "c1", name: "look", arguments: "{}" }], finishReason: "tool_calls" })),
    );
    const first = await openai.responses.create({ model: "fast", input: "What?", metadata: { a: "b" } });
    const found = await openai.responses.retrieve(first.id);
    expect(found).toEqual(first);
    expect(findSpecViolations("response", found, "strict")).toEqual([]);
    const second = await openai.responses.create({
      model: "fast",
      previous_response_id: first.id,
      input: [
        { type: "function_call_output", call_id: "c1", output: "a cat" },
        { role: "assistant", content: "I see." },
        { role: "user", content: [{ type: "input_text", text: "And?" }] },
      ],
    });
    const listed = await openai.responses.inputItems.list(second.id, { order: "asc", limit: 2 });
    const raw = await openai.responses.inputItems.list(second.id).asResponse();
    expect(findSpecViolations("response items", await raw.json(), "strict")).toEqual([]);
    const items: unknown[] = [];
    for await (const item of listed) items.push(item);
    const made = { id: expect.stringMatching(/^\w+_hg[0-9a-f]{32}i\d$/), status: "completed" };
    expect(items).toEqual([
      { ...made, type: "message", role: "user", content: [{ type: "input_text", text: "What?" }] },
      first.output[0],
      { ...made, type: "function_call_output", call_id: "c1", output: "a cat" },
      {
        ...made,
        type: "message",
        role: "assistant",
        content: [{ type: "output_text", text: "I see.", annotations: [], logprobs: [] }],
      },
      { ...made, type: "message", role: "user", content: [{ type: "input_text", text: "And?" }] },
    ]);
    const newest = await openai.responses.inputItems.list(second.id, { limit: 1 });
    expect(newest).toMatchObject({ data: [items[4]], has_more: true });
    await openai.responses.delete(second.id);
    await expect(openai.responses.retrieve(second.id)).rejects.toBeInstanceOf(NotFoundError);
    await expect(openai.responses.delete(second.id)).rejects.toBeInstanceOf(NotFoundError);
    expect((await openai.responses.retrieve(first.id)).id).toBe(first.id);
  });

  test("is not streamed again, and pages only from items that are there", async () => {
    const { openai } = await setup(() => wholeReply(say("Yes.")));
    const { id } = await openai.responses.create({ model: "fast", input: "One" });
    await expect(openai.responses.retrieve(id, { stream: true })).rejects.toBeInstanceOf(BadRequestError);
    for (const query of [{ after: "msg_nowhere" }, { limit: 0 }, { limit: 101 }]) {
      await expect(openai.responses.inputItems.list(id, query)).rejects.toBeInstanceOf(BadRequestError);
    }
  });

  test("is not what the client wants forgotten", async () => {
    const { openai } = await setup(({ stream }) =>
      stream ? streamed({ type: "text", text: "Yes." }, { type: "finish", reason: "stop" }) : wholeReply(say("Yes.")),
    );
    const whole = await openai.responses.create({ model: "fast", input: "One", store: false });
    const streamedOne = await openai.responses.stream({ model: "fast", input: "One", store: false }).finalResponse();
    for (const { id, ...answer } of [whole, streamedOne]) {
      expect(answer).toMatchObject({ store: false });
      await expect(openai.responses.retrieve(id)).rejects.toBeInstanceOf(NotFoundError);
    }
  });

  test("is nothing where the project says so, and clients are told", async () => {
    const { openai, post } = await setup(() => wholeReply(say("Yes.")), {}, 0);
    const response = await post({ model: "fast", input: "One", store: true });
    expect(response.headers.get("headgate-warning")).toBe("/store was dropped: this server keeps no answers.");
    const { id, store: isStored } = (await response.json()) as { id: string; store: boolean };
    expect(isStored).toBe(false);
    await expect(openai.responses.retrieve(id)).rejects.toBeInstanceOf(NotFoundError);
    const next = openai.responses.create({ model: "fast", input: "Two", previous_response_id: id });
    await expect(next).rejects.toMatchObject({ status: 400, message: expect.stringContaining("keeps no answers") });
  });

  test("is there before the client has the end of a stream, which waits for nothing else", async () => {
    const gate = Promise.withResolvers<void>();
    const kept: string[] = [];
    const slow: Store = {
      ...store,
      insertResponse: async (response) => {
        await gate.promise;
        await store.insertResponse(response);
        kept.push(response.id);
      },
    };
    const { openai, post } = await setup(
      () => streamed({ type: "text", text: "Yes." }, { type: "usage", usage }, { type: "finish", reason: "stop" }),
      { store: slow },
    );
    const response = await post({ model: "fast", input: "One", stream: true });
    const reader = response.body!.getReader();
    const before = await readUntil(reader, "response.output_item.done");
    expect(before).not.toContain("response.completed");
    expect(kept).toEqual([]);
    gate.resolve();
    const end = await readUntil(reader, "response.completed");
    expect(kept).toHaveLength(1);
    const id = kept[0] ?? "";
    expect(end).toContain(`"id":"${id}"`);
    expect((await openai.responses.retrieve(id)).output_text).toBe("Yes.");
  });

  test("has an id of its own, even where the client repeats that of its request", async () => {
    const { post, openai } = await setup(() => wholeReply(say("Yes.")));
    const headers = { "x-request-id": "0190aaaa-0000-7000-8000-000000000000" };
    const ids = new Set<string>();
    for (const input of ["One", "Two"]) {
      const { id, store: isStored } = (await (await post({ model: "fast", input }, headers)).json()) as {
        id: string;
        store: boolean;
      };
      expect(isStored).toBe(true);
      ids.add(id);
    }
    expect(ids.size).toBe(2);
    for (const id of ids) expect((await openai.responses.retrieve(id)).id).toBe(id);
  });
});

describe("an answer that the store does not take", () => {
  const failing: Store["insertResponse"] = () => Promise.reject(new HeadgateError("store_unavailable"));
  const parts: Part[] = [
    { type: "text", text: "Yes." },
    { type: "finish", reason: "stop" },
  ];

  test("reaches the client all the same, and says that it is not kept", async () => {
    const broken: Store = { ...store, insertResponse: failing };
    const { openai, post } = await setup(({ stream }) => (stream ? streamed(...parts) : wholeReply(say("Yes."))), {
      store: broken,
    });
    const response = await post({ model: "fast", input: "One" });
    expect(await response.json()).toMatchObject({ store: false, status: "completed" });
    expect(response.headers.get("headgate-warning")).toBe("The answer is not kept: the store did not take it.");
    const final = await openai.responses.stream({ model: "fast", input: "One" }).finalResponse();
    expect(final).toMatchObject({ store: false, output_text: "Yes." });
  });

  test("is waited for no longer than a few seconds", async () => {
    const clock = createManualClock(Date.now());
    const stuck: Store = { ...store, insertResponse: () => new Promise(() => {}) };
    const { post } = await setup(() => streamed(...parts), { store: stuck, clock });
    const response = await post({ model: "fast", input: "One", stream: true });
    const reader = response.body!.getReader();
    await readUntil(reader, "response.output_item.done");
    const end = readUntil(reader, "response.completed");
    const advancing = vi.waitFor(() => {
      clock.advance(1000);
      expect(hasEnded).toBe(true);
    });
    let hasEnded = false;
    expect(await end.finally(() => (hasEnded = true))).toContain('"store":false');
    await advancing;
  });
});
