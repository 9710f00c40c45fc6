import OpenAI, { NotFoundError } from "openai";
import { zodResponsesFunction, zodTextFormat } from "openai/helpers/zod";
import { beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import {
  city,
  cityJson,
  greeting,
  greetingText,
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

const usage = {
  input_tokens: 15,
  input_tokens_details: { cached_tokens: 4 },
  output_tokens: 5,
  total_tokens: 20,
};
const City = z.object({ city: z.string(), people: z.number() });
const lookupTool = {
  type: "function" as const,
  name: "lookup",
  description: "Looks an order up.",
  parameters: {
    type: "object",
    properties: { id: { type: "integer" } },
    required: ["id"],
    additionalProperties: false,
  },
  strict: true,
};
const called = [
  "system: Be brief.",
  "user: Say hello.",
  "assistant: One moment.",
  'assistant calls lookup {"id":7}',
  'assistant calls lookup {"id":8}',
  'lookup {"id":7} gives: found seven',
  'lookup {"id":8} gives: found eight',
];

/** OpenAI's client on Responses. */
export function describeOpenAiResponses(open: () => Stage): void {
  describe.each(vendors)("openai's responses, answered by $name", (vendor) => {
    const model = toModel(vendor);
    const request = { model, instructions: "Be brief.", input: "Say hello." };
    let stage: Stage;
    let openai: OpenAI;
    beforeAll(() => {
      stage = open();
      openai = new OpenAI({ baseURL: `${stage.url}/v1`, apiKey: stage.key, maxRetries: 0 });
    });

    test("create", async () => {
      stage.upstream.script(greeting);
      const response = await openai.responses.create({ ...request, max_output_tokens: 64, temperature: 0.5 });
      expect(response.output_text).toBe(greetingText);
      expect(response).toMatchObject({ object: "response", status: "completed", model: vendor.models.plain, usage });
      expect(response.output).toMatchObject([
        { type: "message", role: "assistant", content: [{ text: greetingText }] },
      ]);
      const [call] = stage.upstream.seen;
      expect(tellRequest(call!)).toEqual(called.slice(0, 2));
      expect(JSON.stringify(call!.body)).toMatch(/"temperature":0.5.*64|64.*"temperature":0.5/);
    });

    test("create with stream, in single bytes", async () => {
      stage.upstream.script({ type: "odd", said: greeting, pieceBytes: 1 });
      const events = await readAll(await openai.responses.create({ ...request, stream: true }));
      const deltas = events.flatMap((event) => (event.type === "response.output_text.delta" ? event.delta : []));
      expect(deltas).toEqual(greeting.text);
      expect(events.map(({ sequence_number: number }) => number)).toEqual(events.map((_, index) => index));
      expect(events[0]?.type).toBe("response.created");
      expect(events.at(-1)).toMatchObject({ type: "response.completed", response: { status: "completed", usage } });
    });

    test("the stream helper: its events add up", async () => {
      stage.upstream.script(greeting);
      const snapshots: string[] = [];
      const stream = openai.responses
        .stream(request)
        .on("response.output_text.delta", ({ snapshot }) => snapshots.push(snapshot));
      const response = await stream.finalResponse();
      expect(snapshots).toEqual(["Grüße", "Grüße an 🌉", greetingText]);
      expect(response).toMatchObject({ status: "completed", output_text: greetingText, usage });
    });

    test("parse with zod", async () => {
      stage.upstream.script(cityJson, cityJson);
      const asked = { ...request, text: { format: zodTextFormat(City, "city") } };
      expect((await openai.responses.parse(asked)).output_parsed).toEqual(city);
      expect((await openai.responses.stream(asked).finalResponse()).output_parsed).toEqual(city);
      expect(stage.upstream.seen).toHaveLength(2);
      for (const call of stage.upstream.seen)
        expect(findSchema(call)).toMatchObject({ type: "object", required: ["city", "people"] });
    });

    test("parse with zod's tools", async () => {
      stage.upstream.script(lookups);
      const tools = [zodResponsesFunction({ name: "lookup", parameters: z.object({ id: z.number() }) })];
      const { output } = await openai.responses.parse({ ...request, tools });
      const parsed = output.flatMap((item) =>
        item.type === "function_call" ? [item.parsed_arguments as unknown] : [],
      );
      expect(parsed).toEqual([{ id: 7 }, { id: 8 }]);
    });

    test.each([false, true])("tool calls, and their results go on with the answer (streamed: %s)", async (streams) => {
      stage.upstream.script(lookups, say("Both are there."));
      const asked = { ...request, tools: [lookupTool], tool_choice: "required" as const };
      const { id, output } = streams
        ? await openai.responses.stream(asked).finalResponse()
        : await openai.responses.create(asked);
      expect(output.filter(({ type }) => type !== "reasoning")).toMatchObject([
        { type: "message", content: [{ type: "output_text", text: "One moment." }] },
        { type: "function_call", name: "lookup", arguments: '{"id":7}', status: "completed" },
        { type: "function_call", name: "lookup", arguments: '{"id":8}', status: "completed" },
      ]);
      const last = await openai.responses.create({
        ...asked,
        previous_response_id: id,
        tool_choice: "auto",
        input: toResults(output),
      });
      expect(last.output_text).toBe("Both are there.");
      // What is relayed is as the vendor wrote it, and that one was sent the whole conversation.
      expect(last.previous_response_id).toBe(vendor.relays === "responses" ? null : id);
      const [first, second] = stage.upstream.seen;
      expect(listTools(first!)).toEqual(["lookup"]);
      expect(tellRequest(second!)).toEqual(called);
      expect(second!.body).not.toHaveProperty("previous_response_id");
    });

    test("a client that keeps the conversation itself", async () => {
      stage.upstream.script(lookups, say("Both are there."));
      const input = [{ role: "user" as const, content: "Say hello." }];
      const asked = { ...request, tools: [lookupTool], store: false };
      const first = await openai.responses.create({ ...asked, input });
      const last = await openai.responses.create({
        ...asked,
        input: [...input, ...first.output, ...toResults(first.output)] as OpenAI.Responses.ResponseInput,
      });
      expect(last.output_text).toBe("Both are there.");
      expect(tellRequest(stage.upstream.seen[1]!)).toEqual(called);
      await expect(openai.responses.retrieve(first.id)).rejects.toBeInstanceOf(NotFoundError);
    });

    test("an answer is kept, listed and deleted", async () => {
      stage.upstream.script(greeting);
      const { id, output } = await openai.responses.create(request);
      const kept = await openai.responses.retrieve(id);
      expect(kept).toMatchObject({ id, output_text: greetingText, usage });
      expect(kept.output).toEqual(output);
      const items = await readAll(openai.responses.inputItems.list(id));
      expect(items).toMatchObject([{ type: "message", role: "user", content: [{ text: "Say hello." }] }]);
      await openai.responses.delete(id);
      await expect(openai.responses.retrieve(id)).rejects.toBeInstanceOf(NotFoundError);
    });

    test.each([false, true])("reasoning, which goes back sealed (streamed: %s)", async (streams) => {
      stage.upstream.script(thought, say("Still good."));
      const asked = {
        ...request,
        model: toModel(vendor, "reasoning"),
        reasoning: { effort: "high" as const, summary: "auto" as const },
        include: ["reasoning.encrypted_content" as const],
        store: false,
      };
      const first = streams
        ? await openai.responses.stream(asked).finalResponse()
        : await openai.responses.create(asked);
      expect(first.output_text).toBe("Good day.");
      expect(first.usage?.output_tokens).toBe(8);
      // OpenAI's chat never shows what its models think.
      const isShown = vendor.name !== "openai-chat";
      const reasoning = first.output.flatMap((item) => (item.type === "reasoning" ? item.summary : []));
      expect(reasoning.map(({ text }) => text)).toEqual(isShown ? ["Greet them."] : []);
      await openai.responses.create({
        ...asked,
        input: [
          { role: "user", content: "Say hello." },
          ...(first.output as OpenAI.Responses.ResponseInput),
          { role: "user", content: "Sure?" },
        ],
      });
      expect(tellRequest(stage.upstream.seen[1]!)).toEqual([
        "system: Be brief.",
        "user: Say hello.",
        ...(isShown ? ["reasoning: c2VhbGVk"] : []),
        "assistant: Good day.",
        "user: Sure?",
      ]);
    });

    test("an answer that is cut short says why", async () => {
      stage.upstream.script(tooLong);
      expect(await openai.responses.create(request)).toMatchObject({
        status: "incomplete",
        incomplete_details: { reason: "max_output_tokens" },
      });
    });

    test.each([false, true])("a refusal is told apart from an answer (streamed: %s)", async (streams) => {
      stage.upstream.script(refusal);
      const { status, output } = streams
        ? await openai.responses.stream(request).finalResponse()
        : await openai.responses.create(request);
      const content = output.flatMap((item) => (item.type === "message" ? item.content : []));
      const refusals = content.flatMap((part) => (part.type === "refusal" ? [part.refusal] : []));
      // Only OpenAI's models say it in a place of its own; others stop with a reason.
      const isOpenAi = vendor.name.startsWith("openai");
      expect([status, refusals]).toEqual(isOpenAi ? ["completed", [refusalText]] : ["incomplete", []]);
    });

    test("an image", async () => {
      stage.upstream.script(say("A dot."));
      const url = `data:image/png;base64,${pixel}`;
      const content = [
        { type: "input_text" as const, text: "What is it?" },
        { type: "input_image" as const, image_url: url, detail: "auto" as const },
      ];
      const response = await openai.responses.create({ model, input: [{ role: "user", content }] });
      expect(response.output_text).toBe("A dot.");
      expect(tellRequest(stage.upstream.seen[0]!)).toEqual(["user: What is it?", `user: [image ${url}]`]);
    });
  });
}

/** Results of the calls in an answer. */
function toResults(output: readonly OpenAI.Responses.ResponseOutputItem[]): OpenAI.Responses.ResponseInputItem[] {
  const found = ["found seven", "found eight"];
  return output
    .filter((item) => item.type === "function_call")
    .map((item, index) => ({ type: "function_call_output", call_id: item.call_id, output: found[index]! }));
}
