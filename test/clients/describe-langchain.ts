import { ContextOverflowError } from "@langchain/core/errors";
import { AIMessageChunk, HumanMessage, SystemMessage, ToolMessage } from "@langchain/core/messages";
import { tool } from "@langchain/core/tools";
import { ChatOpenAI, OpenAIEmbeddings } from "@langchain/openai";
import { beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { busy, city, cityJson, cutOff, greeting, greetingText, lookups, pixel, say, stalled } from "./answers.ts";
import { embeddingModels, tellVectors, vectors } from "./describe-openai-others.ts";
import { readAll } from "./read-all.ts";
import { toModel, vendors, type Stage } from "./stage.ts";
import { findSchema, listTools, tellRequest } from "./tell-request.ts";

const asked = ["system: Be brief.", "user: Say hello."];
const messages = [new SystemMessage("Be brief."), new HumanMessage("Say hello.")];
const usage = { input_tokens: 15, output_tokens: 5, total_tokens: 20, input_token_details: { cache_read: 4 } };
const lookup = tool(({ id }) => `found ${id}`, {
  name: "lookup",
  description: "Looks an order up.",
  schema: z.object({ id: z.number() }),
});

const apis = [
  { name: "chat", useResponsesApi: false },
  { name: "responses", useResponsesApi: true },
];

/** LangChain's ChatOpenAI, by both of OpenAI's APIs, and its embeddings. */
export function describeLangChain(open: () => Stage): void {
  const combinations = apis.flatMap((api) => vendors.map((vendor) => ({ api, vendor })));
  describe.each(combinations)("langchain's $api.name, answered by $vendor.name", ({ api, vendor }) => {
    let stage: Stage;
    let chat: ChatOpenAI;
    const connect = (options: object = {}): ChatOpenAI =>
      new ChatOpenAI({
        model: toModel(vendor),
        apiKey: stage.key,
        configuration: { baseURL: `${stage.url}/v1` },
        useResponsesApi: api.useResponsesApi,
        maxRetries: 0,
        ...options,
      });
    beforeAll(() => {
      stage = open();
      chat = connect();
    });

    test("invoke", async () => {
      stage.upstream.script(greeting);
      const answer = await chat.invoke(messages);
      expect(answer.text).toBe(greetingText);
      expect(answer.usage_metadata).toMatchObject(usage);
      expect(tellRequest(stage.upstream.seen[0]!)).toEqual(asked);
    });

    test("stream, in single bytes", async () => {
      stage.upstream.script({ type: "odd", said: greeting, pieceBytes: 1 });
      const chunks = await readAll(await chat.stream(messages));
      expect(chunks.map(({ text }) => text).filter((text) => text !== "")).toEqual(greeting.text);
      const whole = chunks.reduce((sum, chunk) => sum.concat(chunk), new AIMessageChunk(""));
      expect(whole.usage_metadata).toMatchObject(usage);
    });

    test.each([false, true])("bound tools, and their results go back (streamed: %s)", async (isStreamed) => {
      stage.upstream.script(lookups, say("Both are there."));
      const bound = chat.bindTools([lookup]);
      const answer = isStreamed
        ? (await readAll(await bound.stream(messages))).reduce((sum, chunk) => sum.concat(chunk))
        : await bound.invoke(messages);
      expect(answer.text).toBe("One moment.");
      expect(answer.tool_calls).toMatchObject([
        { name: "lookup", args: { id: 7 } },
        { name: "lookup", args: { id: 8 } },
      ]);
      const results = (answer.tool_calls ?? []).map(
        ({ id, args }) => new ToolMessage({ tool_call_id: id ?? "", content: `found ${String(args["id"])}` }),
      );
      expect((await bound.invoke([...messages, answer, ...results])).text).toBe("Both are there.");
      const [first, second] = stage.upstream.seen;
      expect(listTools(first!)).toEqual(["lookup"]);
      expect(tellRequest(second!)).toEqual([
        ...asked,
        "assistant: One moment.",
        'assistant calls lookup {"id":7}',
        'assistant calls lookup {"id":8}',
        'lookup {"id":7} gives: found 7',
        'lookup {"id":8} gives: found 8',
      ]);
    });

    test("structured output", async () => {
      stage.upstream.script(cityJson);
      const schema = z.object({ city: z.string(), people: z.number() });
      expect(await chat.withStructuredOutput(schema, { name: "city", method: "jsonSchema" }).invoke(messages)).toEqual(
        city,
      );
      expect(findSchema(stage.upstream.seen[0]!)).toMatchObject({ type: "object", required: ["city", "people"] });
    });

    test("an image", async () => {
      stage.upstream.script(say("A dot."));
      const url = `data:image/png;base64,${pixel}`;
      const content = [
        { type: "text", text: "What is it?" },
        { type: "image_url", image_url: { url } },
      ];
      expect((await chat.invoke([new HumanMessage({ content })])).text).toBe("A dot.");
      expect(tellRequest(stage.upstream.seen[0]!)).toEqual(["user: What is it?", `user: [image ${url}]`]);
    });

    test("errors", async () => {
      await expect(connect({ apiKey: "hg_wrong" }).invoke(messages)).rejects.toMatchObject({ status: 401 });
      await expect(connect({ model: "nonesuch" }).invoke(messages)).rejects.toMatchObject({ status: 404 });
      stage.upstream.script({ type: "failed", failure: "context-too-long" });
      await expect(chat.invoke(messages)).rejects.toBeInstanceOf(ContextOverflowError);
      stage.upstream.script(cutOff);
      const read = async (): Promise<unknown> => readAll(await chat.stream(messages));
      await expect(read()).rejects.toThrow("broke off");
    });

    test("a client that aborts ends the vendor's work", async () => {
      stage.upstream.script(stalled);
      const controller = new AbortController();
      const read = async (): Promise<void> => {
        for await (const chunk of await chat.stream(messages, { signal: controller.signal }))
          if (chunk.text !== "") controller.abort();
      };
      await expect(read()).rejects.toThrow("abort");
      await stage.upstream.seen[0]!.abandoned;
    });
  });

  test("langchain asks again where there is a rate limit", async () => {
    const { url, key, upstream } = open();
    upstream.script(busy(0), busy(0), busy(0), greeting);
    const configuration = { baseURL: `${url}/v1` };
    const chat = new ChatOpenAI({ model: "anthropic/claude-sonnet-4-5", apiKey: key, configuration, maxRetries: 1 });
    expect((await chat.invoke("Say hello.")).text).toBe(greetingText);
    expect(upstream.left).toBe(0);
  });

  describe.each(embeddingModels)("langchain's embeddings, answered by $vendor", ({ vendor, model }) => {
    test("of texts, and of a query", async () => {
      const { url, key, upstream } = open();
      const embeddings = new OpenAIEmbeddings({ model, apiKey: key, configuration: { baseURL: `${url}/v1` } });
      upstream.script(tellVectors(vendor, true));
      expect(await embeddings.embedDocuments(["A cat.", "A dog."])).toEqual(vectors);
      upstream.script(tellVectors(vendor, true, 1));
      expect(await embeddings.embedQuery("A cat.")).toEqual(vectors[0]);
    });
  });
}
