import OpenAI from "openai";
import { ContentFilterFinishReasonError, LengthFinishReasonError } from "openai/error";
import { zodFunction, zodResponseFormat } from "openai/helpers/zod";
import { beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import {
  city,
  cityJson,
  filtered,
  greeting,
  greetingText,
  lookup,
  lookups,
  pixel,
  refusal,
  refusalText,
  say,
  thought,
  tooLong,
} from "./answers.ts";
import { readAll } from "./read-all.ts";
import { toModel, vendors, type Stage } from "./stage.ts";
import { findSchema, listTools, tellRequest } from "./tell-request.ts";

const messages = [
  { role: "system" as const, content: "Be brief." },
  { role: "user" as const, content: "Say hello." },
];
const asked = ["system: Be brief.", "user: Say hello."];
const usage = { prompt_tokens: 15, completion_tokens: 5, total_tokens: 20 };
const detailedUsage = { ...usage, prompt_tokens_details: { cached_tokens: 4 } };
const City = z.object({ city: z.string(), people: z.number() });
const lookupTool = {
  type: "function" as const,
  function: {
    name: "lookup",
    description: "Looks an order up.",
    parameters: { type: "object", properties: { id: { type: "integer" } }, required: ["id"] },
  },
};

/** OpenAI's client on Chat Completions. */
export function describeOpenAiChat(open: () => Stage): void {
  describe.each(vendors)("openai's chat, answered by $name", (vendor) => {
    const model = toModel(vendor);
    let stage: Stage;
    let openai: OpenAI;
    beforeAll(() => {
      stage = open();
      openai = new OpenAI({ baseURL: `${stage.url}/v1`, apiKey: stage.key, maxRetries: 0 });
    });

    test("create", async () => {
      stage.upstream.script(greeting);
      const completion = await openai.chat.completions.create({ model, messages, max_tokens: 64, temperature: 0.5 });
      expect(completion).toMatchObject({
        object: "chat.completion",
        model: vendor.models.plain,
        choices: [{ message: { role: "assistant", content: greetingText }, finish_reason: "stop" }],
        usage: detailedUsage,
      });
      const [call] = stage.upstream.seen;
      expect(tellRequest(call!)).toEqual(asked);
      expect(JSON.stringify(call!.body)).toMatch(/"temperature":0.5.*64|64.*"temperature":0.5/);
    });

    test("create with stream, in single bytes", async () => {
      stage.upstream.script({ type: "odd", said: greeting, pieceBytes: 1 });
      const stream_options = { include_usage: true };
      const stream = await openai.chat.completions.create({ model, messages, stream: true, stream_options });
      const chunks = await readAll(stream);
      const texts = chunks.map(({ choices }) => choices[0]?.delta.content ?? "").filter((text) => text !== "");
      expect(texts).toEqual(greeting.text);
      expect(chunks.flatMap(({ choices }) => choices[0]?.finish_reason ?? [])).toEqual(["stop"]);
      expect(chunks.at(-1)).toMatchObject({ choices: [], usage: detailedUsage });
    });

    test("the stream helper: its events add up", async () => {
      stage.upstream.script(greeting);
      const deltas: string[] = [];
      const dones: string[] = [];
      const stream = openai.chat.completions
        .stream({ model, messages, stream_options: { include_usage: true } })
        .on("content.delta", ({ delta }) => deltas.push(delta))
        .on("content.done", ({ content }) => dones.push(content));
      expect(await stream.finalContent()).toBe(greetingText);
      expect(deltas.filter((delta) => delta !== "")).toEqual(greeting.text);
      expect(dones).toEqual([greetingText]);
      const { choices, usage: told } = await stream.finalChatCompletion();
      expect(choices[0]).toMatchObject({ finish_reason: "stop", message: { content: greetingText } });
      expect(told).toMatchObject(detailedUsage);
      expect(await stream.totalUsage()).toEqual(usage);
    });

    test.each([false, true])("parallel tool calls, and their results go back (streamed: %s)", async (isStreamed) => {
      stage.upstream.script(lookups, say("Both are there."));
      const request = { model, messages, tools: [lookupTool], tool_choice: "required" as const };
      const called = isStreamed
        ? await openai.chat.completions.stream(request).finalChatCompletion()
        : await openai.chat.completions.create(request);
      const [choice] = called.choices;
      expect(choice).toMatchObject({ finish_reason: "tool_calls", message: { content: "One moment." } });
      const calls = (choice?.message.tool_calls ?? []).filter((call) => call.type === "function");
      expect(calls.map(({ function: { name, arguments: text } }) => [name, JSON.parse(text) as unknown])).toEqual([
        ["lookup", { id: 7 }],
        ["lookup", { id: 8 }],
      ]);
      expect(new Set(calls.map(({ id }) => id)).size).toBe(2);
      const results = ["found seven", "found eight"].map((content, index) => ({
        role: "tool" as const,
        tool_call_id: calls[index]!.id,
        content,
      }));
      const last = await openai.chat.completions.create({
        ...request,
        tool_choice: "auto",
        messages: [...messages, choice!.message, ...results],
      });
      expect(last.choices[0]?.message.content).toBe("Both are there.");
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

    test.each([false, true])("the tool runner (streamed: %s)", async (stream) => {
      stage.upstream.script(lookup(7), lookup(8), say("Both", " are there."));
      const seen: number[] = [];
      const tool = zodFunction({
        name: "lookup",
        parameters: z.object({ id: z.number() }),
        function: ({ id }) => {
          seen.push(id);
          return `${id} is there`;
        },
      });
      const request = { model, messages, tools: [tool] };
      const runner = stream
        ? openai.chat.completions.runTools({ ...request, stream: true })
        : openai.chat.completions.runTools({ ...request, stream: false });
      expect(await runner.finalContent()).toBe("Both are there.");
      expect(seen).toEqual([7, 8]);
      expect(tellRequest(stage.upstream.seen.at(-1)!)).toEqual([
        ...asked,
        'assistant calls lookup {"id":7}',
        'lookup {"id":7} gives: 7 is there',
        'assistant calls lookup {"id":8}',
        'lookup {"id":8} gives: 8 is there',
      ]);
    });

    test("parse with zod", async () => {
      stage.upstream.script(cityJson, cityJson);
      const request = { model, messages, response_format: zodResponseFormat(City, "city") };
      const parsed = await openai.chat.completions.parse(request);
      expect(parsed.choices[0]?.message.parsed).toEqual(city);
      const streamed = await openai.chat.completions.stream(request).finalChatCompletion();
      expect(streamed.choices[0]?.message.parsed).toEqual(city);
      expect(stage.upstream.seen).toHaveLength(2);
      for (const call of stage.upstream.seen)
        expect(findSchema(call)).toMatchObject({ type: "object", required: ["city", "people"] });
    });

    test("parse with zod's tools", async () => {
      stage.upstream.script(lookups);
      const tools = [zodFunction({ name: "lookup", parameters: z.object({ id: z.number() }) })];
      const parsed = await openai.chat.completions.parse({ model, messages, tools });
      const calls = parsed.choices[0]?.message.tool_calls ?? [];
      expect(calls.map((call) => call.function.parsed_arguments)).toEqual([{ id: 7 }, { id: 8 }]);
    });

    test("what is cut short is an error to those who parse it", async () => {
      stage.upstream.script(tooLong, filtered, tooLong);
      const request = { model, messages, response_format: zodResponseFormat(City, "city") };
      await expect(openai.chat.completions.parse(request)).rejects.toBeInstanceOf(LengthFinishReasonError);
      await expect(openai.chat.completions.parse(request)).rejects.toBeInstanceOf(ContentFilterFinishReasonError);
      const streamed = openai.chat.completions.stream(request).finalChatCompletion();
      await expect(streamed).rejects.toBeInstanceOf(LengthFinishReasonError);
    });

    test.each([false, true])("a refusal is told apart from an answer (streamed: %s)", async (isStreamed) => {
      stage.upstream.script(refusal);
      const { choices } = isStreamed
        ? await openai.chat.completions.stream({ model, messages }).finalChatCompletion()
        : await openai.chat.completions.create({ model, messages });
      const { finish_reason: reason, message } = choices[0]!;
      // Only OpenAI's models say it in a place of its own; others stop with a reason.
      const isOpenAi = vendor.name.startsWith("openai");
      expect([reason, message.refusal]).toEqual(isOpenAi ? ["stop", refusalText] : ["content_filter", null]);
    });

    test("an image", async () => {
      stage.upstream.script(say("A dot."));
      const url = `data:image/png;base64,${pixel}`;
      const content = [
        { type: "text" as const, text: "What is it?" },
        { type: "image_url" as const, image_url: { url } },
      ];
      const completion = await openai.chat.completions.create({ model, messages: [{ role: "user", content }] });
      expect(completion.choices[0]?.message.content).toBe("A dot.");
      expect(tellRequest(stage.upstream.seen[0]!)).toEqual(["user: What is it?", `user: [image ${url}]`]);
    });

    test.each([false, true])("reasoning, which goes back sealed (streamed: %s)", async (isStreamed) => {
      stage.upstream.script(thought, say("Still good."));
      const request = { model: toModel(vendor, "reasoning"), messages, reasoning_effort: "high" as const };
      const stream_options = { include_usage: true };
      const thoughts: unknown[] = [];
      const completion = isStreamed
        ? await openai.chat.completions
            .stream({ ...request, stream_options })
            .on("chunk", ({ choices: [choice] }) => thoughts.push(findReasoning(choice?.delta)))
            .finalChatCompletion()
        : await openai.chat.completions.create(request);
      const message = completion.choices[0]!.message;
      // The helper does not add up what it does not know.
      if (!isStreamed) thoughts.push(findReasoning(message));
      expect(message.content).toBe("Good day.");
      expect(completion.usage?.completion_tokens).toBe(8);
      // OpenAI's chat never shows what its models think.
      const isShown = vendor.name !== "openai-chat";
      expect(thoughts.join("")).toBe(isShown ? "Greet them." : "");
      await openai.chat.completions.create({
        ...request,
        messages: [...messages, message, { role: "user", content: "Sure?" }],
      });
      const told = tellRequest(stage.upstream.seen[1]!);
      expect(told).toEqual([
        ...asked,
        ...(isShown ? ["reasoning: c2VhbGVk"] : []),
        "assistant: Good day.",
        "user: Sure?",
      ]);
    });
  });
}

/** What OpenAI does not have, and other vendors of its dialect call so. */
function findReasoning(message: object | undefined): unknown {
  return message && "reasoning_content" in message ? message.reasoning_content : undefined;
}
