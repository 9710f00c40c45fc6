import Anthropic from "@anthropic-ai/sdk";
import { betaZodTool } from "@anthropic-ai/sdk/helpers/beta/zod";
import { zodOutputFormat } from "@anthropic-ai/sdk/helpers/zod";
import { beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import type { Json } from "../matrix/matrix-case.ts";
import {
  city,
  cityJson,
  greeting,
  greetingText,
  lookup,
  lookups,
  pixel,
  refusal,
  say,
  thought,
  tooLong,
} from "./answers.ts";
import { readAll } from "./read-all.ts";
import { toModel, vendors, type Stage } from "./stage.ts";
import { findSchema, listTools, tellRequest } from "./tell-request.ts";

const usage = { input_tokens: 11, cache_read_input_tokens: 4, output_tokens: 5 };
const user = [{ role: "user" as const, content: "Say hello." }];
const asked = ["system: Be brief.", "user: Say hello."];
const lookupTool = {
  name: "lookup",
  description: "Looks an order up.",
  input_schema: { type: "object" as const, properties: { id: { type: "integer" } }, required: ["id"] },
};

/** What vendors that count tokens say of them. */
const counts: Readonly<Record<string, Json>> = {
  anthropic: { input_tokens: 4321 },
  "openai-responses": { object: "response.input_tokens", input_tokens: 4321 },
  gemini: { totalTokens: 4321 },
};

/** Anthropic's client on Messages. */
export function describeAnthropic(open: () => Stage): void {
  describe.each(vendors)("anthropic's messages, answered by $name", (vendor) => {
    const model = toModel(vendor);
    const request = { model, max_tokens: 256, system: "Be brief.", messages: user };
    let stage: Stage;
    let anthropic: Anthropic;
    beforeAll(() => {
      stage = open();
      anthropic = new Anthropic({ baseURL: stage.url, apiKey: stage.key, maxRetries: 0 });
    });

    test("create", async () => {
      stage.upstream.script(greeting);
      const { data, response } = await anthropic.messages
        .create({ ...request, metadata: { user_id: "u_7" } })
        .withResponse();
      expect(data).toMatchObject({
        type: "message",
        role: "assistant",
        model: vendor.models.plain,
        content: [{ type: "text", text: greetingText }],
        stop_reason: "end_turn",
        usage,
      });
      expect(response.headers.get("request-id")).toMatch(/^[0-9a-f-]{36}$/);
      const [call] = stage.upstream.seen;
      expect(tellRequest(call!)).toEqual(asked);
      expect(JSON.stringify(call!.body)).toContain("256");
    });

    test("create with stream, in single bytes", async () => {
      stage.upstream.script({ type: "odd", said: greeting, pieceBytes: 1 });
      const events = await readAll(await anthropic.messages.create({ ...request, stream: true }));
      const deltas = events.flatMap((event) =>
        event.type === "content_block_delta" && event.delta.type === "text_delta" ? event.delta.text : [],
      );
      expect(deltas).toEqual(greeting.text);
      expect(events[0]?.type).toBe("message_start");
      expect(events.at(-2)).toMatchObject({ type: "message_delta", delta: { stop_reason: "end_turn" }, usage });
      expect(events.at(-1)?.type).toBe("message_stop");
    });

    test("the stream helper: its events add up, to the same answer as without a stream", async () => {
      stage.upstream.script(lookups, lookups);
      const seen: string[] = [];
      const stream = anthropic.messages
        .stream({ ...request, tools: [lookupTool] })
        .on("connect", () => seen.push("connect"))
        .on("text", (_delta, snapshot) => seen.push(`text ${snapshot}`))
        .on("inputJson", (_delta, snapshot) => seen.push(`input ${JSON.stringify(snapshot)}`))
        .on("contentBlock", ({ type }) => seen.push(`block ${type}`))
        .on("message", ({ role }) => seen.push(`message ${role}`))
        .on("finalMessage", () => seen.push("final"))
        .on("end", () => seen.push("end"));
      const streamed = await stream.finalMessage();
      await stream.done();
      const told = new Set(seen.filter((line) => !line.startsWith("input {}") && line !== "input undefined"));
      expect([...told]).toEqual([
        "connect",
        "text One ",
        "text One moment.",
        "block text",
        'input {"id":7}',
        "block tool_use",
        'input {"id":8}',
        "message assistant",
        "final",
        "end",
      ]);
      const whole = await anthropic.messages.create({ ...request, tools: [lookupTool] });
      expect(streamed.content.map(withoutId)).toEqual(whole.content.map(withoutId));
      expect(streamed).toMatchObject({ stop_reason: "tool_use", usage });
      expect(whole).toMatchObject({ stop_reason: "tool_use", usage });
    });

    test.each([false, true])("parallel tool calls, and their results go back (streamed: %s)", async (isStreamed) => {
      stage.upstream.script(lookups, say("Both are there."));
      const asking = { ...request, tools: [lookupTool], tool_choice: { type: "any" as const } };
      const called = isStreamed
        ? await anthropic.messages.stream(asking).finalMessage()
        : await anthropic.messages.create(asking);
      expect(called.stop_reason).toBe("tool_use");
      expect(called.content).toMatchObject([
        { type: "text", text: "One moment." },
        { type: "tool_use", name: "lookup", input: { id: 7 } },
        { type: "tool_use", name: "lookup", input: { id: 8 } },
      ]);
      const ids = called.content.flatMap((block) => (block.type === "tool_use" ? block.id : []));
      expect(new Set(ids).size).toBe(2);
      const results = [
        { type: "tool_result" as const, tool_use_id: ids[0]!, content: "found seven" },
        {
          type: "tool_result" as const,
          tool_use_id: ids[1]!,
          content: [{ type: "text" as const, text: "found eight" }],
        },
      ];
      const last = await anthropic.messages.create({
        ...asking,
        tool_choice: { type: "auto" },
        messages: [...user, { role: "assistant", content: called.content }, { role: "user", content: results }],
      });
      expect(last.content).toMatchObject([{ type: "text", text: "Both are there." }]);
      const [first, second] = stage.upstream.seen;
      expect(listTools(first!)).toEqual(["lookup"]);
      expect(tellRequest(second!)).toEqual([
        ...asked,
        "assistant: One moment.",
        'assistant calls lookup {"id":7}',
        'assistant calls lookup {"id":8}',
        'lookup {"id":7} gives: found seven',
        'lookup {"id":8} gives: found eight',
      ]);
    });

    test.each([false, true])("the tool runner, with a tool that fails (streamed: %s)", async (stream) => {
      stage.upstream.script(lookup(7), lookup(8), say("Both", " are there."));
      const seen: number[] = [];
      const tool = betaZodTool({
        name: "lookup",
        description: "Looks an order up.",
        inputSchema: z.object({ id: z.number() }),
        run: ({ id }) => {
          seen.push(id);
          if (id === 8) throw new Error("There is no 8.");
          return "7 is there";
        },
      });
      const { content } = await anthropic.beta.messages
        .toolRunner({ ...request, tools: [tool], stream })
        .runUntilDone();
      expect(content).toMatchObject([{ type: "text", text: "Both are there." }]);
      expect(seen).toEqual([7, 8]);
      // Anthropic itself keeps the conversation for the runner, and is told what is new.
      const isKept = vendor.relays === "messages";
      const { seen: calls } = stage.upstream;
      const noEight: unknown = expect.stringMatching(/gives: [^]*There is no 8\./);
      expect(isKept ? calls.flatMap(tellRequest) : tellRequest(calls.at(-1)!)).toEqual(
        isKept
          ? [...asked, "nothing gives: 7 is there", noEight]
          : [
              ...asked,
              'assistant calls lookup {"id":7}',
              'lookup {"id":7} gives: 7 is there',
              'assistant calls lookup {"id":8}',
              noEight,
            ],
      );
      const threads = calls.map(({ body }) => body["thread"]);
      expect(threads).toMatchObject(
        isKept ? ["create", "continue", "continue"].map((type) => ({ type })) : calls.map(() => undefined),
      );
    });

    test("parse with zod", async () => {
      stage.upstream.script(cityJson, cityJson);
      const format = zodOutputFormat(z.object({ city: z.string(), people: z.number() }));
      const asking = { ...request, output_config: { format } };
      expect((await anthropic.messages.parse(asking)).parsed_output).toEqual(city);
      expect((await anthropic.messages.stream(asking).finalMessage()).parsed_output).toEqual(city);
      expect(stage.upstream.seen).toHaveLength(2);
      for (const call of stage.upstream.seen)
        expect(findSchema(call)).toMatchObject({ type: "object", required: ["city", "people"] });
    });

    test.each([false, true])("thinking, which goes back signed (streamed: %s)", async (isStreamed) => {
      stage.upstream.script(thought, say("Still good."));
      const asking = {
        ...request,
        model: toModel(vendor, "reasoning"),
        max_tokens: 4096,
        thinking: { type: "enabled" as const, budget_tokens: 2048 },
      };
      const thoughts: string[] = [];
      const { content, usage: told } = isStreamed
        ? await anthropic.messages
            .stream(asking)
            .on("thinking", (delta) => thoughts.push(delta))
            .finalMessage()
        : await anthropic.messages.create(asking);
      // OpenAI's chat never shows what its models think.
      const isShown = vendor.name !== "openai-chat";
      expect(thoughts).toEqual(isShown && isStreamed ? thought.reasoning?.text : []);
      const shown = content.flatMap((block) => (block.type === "thinking" ? block.thinking : [])).join("");
      expect(shown).toBe(isShown ? "Greet them." : "");
      const text = content.flatMap((block) => (block.type === "text" ? block.text : [])).join("");
      expect(text).toBe("Good day.");
      expect(told.output_tokens).toBe(8);
      await anthropic.messages.create({
        ...asking,
        messages: [...user, { role: "assistant", content }, { role: "user", content: "Sure?" }],
      });
      expect(tellRequest(stage.upstream.seen[1]!)).toEqual([
        ...asked,
        ...(isShown ? ["reasoning: c2VhbGVk"] : []),
        "assistant: Good day.",
        "user: Sure?",
      ]);
    });

    test("an image", async () => {
      stage.upstream.script(say("A dot."));
      const source = { type: "base64" as const, media_type: "image/png" as const, data: pixel };
      const content = [
        { type: "text" as const, text: "What is it?" },
        { type: "image" as const, source },
      ];
      const answer = await anthropic.messages.create({ model, max_tokens: 64, messages: [{ role: "user", content }] });
      expect(answer.content).toMatchObject([{ type: "text", text: "A dot." }]);
      const image = `[image data:image/png;base64,${pixel}]`;
      expect(tellRequest(stage.upstream.seen[0]!)).toEqual(["user: What is it?", `user: ${image}`]);
    });

    test("an answer that is cut short says why", async () => {
      stage.upstream.script(tooLong);
      expect(await anthropic.messages.create(request)).toMatchObject({ stop_reason: "max_tokens" });
    });

    test("a refusal is told apart from an answer", async () => {
      stage.upstream.script(refusal, refusal);
      expect(await anthropic.messages.create(request)).toMatchObject({ stop_reason: "refusal" });
      expect(await anthropic.messages.stream(request).finalMessage()).toMatchObject({ stop_reason: "refusal" });
    });

    test("tokens are counted, and a count that is an estimate says so", async () => {
      const body = counts[vendor.name];
      stage.upstream.script({ type: "odd", ...(body ? { body } : {}) });
      const { data, response } = await anthropic.messages
        .countTokens({ model, messages: user, tools: [lookupTool] })
        .withResponse();
      expect(data.input_tokens).toBeGreaterThan(3);
      expect(data.input_tokens === 4321).toBe(body !== undefined);
      expect(response.headers.get("headgate-warning")?.includes("estimate")).toBe(body ? undefined : true);
      expect(stage.upstream.seen).toHaveLength(body ? 1 : 0);
    });
  });

  test("anthropic's messages: reasoning that a server of OpenAI's dialect shows goes forth and back", async () => {
    const stage = open();
    const anthropic = new Anthropic({ baseURL: stage.url, apiKey: stage.key, maxRetries: 0 });
    const message = { role: "assistant", reasoning_content: "Hm.", content: "Yes." };
    const body = { object: "chat.completion", choices: [{ index: 0, message, finish_reason: "stop" }] };
    stage.upstream.script({ type: "odd", body }, say("Still yes."));
    const request = { model: "openai-chat/other", max_tokens: 64 };
    const { content } = await anthropic.messages.create({ ...request, messages: user });
    expect(content).toMatchObject([
      { type: "thinking", thinking: "Hm." },
      { type: "text", text: "Yes." },
    ]);
    const messages = [...user, { role: "assistant" as const, content }, { role: "user" as const, content: "Sure?" }];
    const next = await anthropic.messages.create({ ...request, messages });
    expect(next.content).toMatchObject([{ type: "text", text: "Still yes." }]);
  });
}

/** What two answers with the same content have in common. */
function withoutId(block: object): object {
  return { ...block, id: undefined };
}
