import { array, assert, asyncProperty, constantFrom, integer, record, string } from "fast-check";
import { describe, expect, test } from "vitest";
import type { Call } from "../../call.ts";
import { compileSchema } from "../../endpoint/compile-schema.ts";
import { defaultResilience } from "../../endpoint/default-resilience.ts";
import type { LoadedEndpoint, LoadedPrompt, TokenLimits } from "../../endpoint/snapshot.ts";
import { HeadgateError } from "../../errors.ts";
import { wholeReply } from "../../reply.ts";
import { countTokens } from "../../tokens.ts";
import { shortenInput } from "../normalize/shorten-input.ts";
import { renderPrompt } from "../prompts/assemble-prompt.ts";
import { loadPrompt } from "../prompts/load-prompt.ts";
import { limitTokens } from "./limit-tokens.ts";

const plain = '{{role "system"}}Summarize.{{role "user"}}{{text}}';
const schema = compileSchema({ type: "object", properties: {} }, "output");

interface Options {
  readonly limits?: Partial<TokenLimits>;
  readonly input: Readonly<Record<string, unknown>>;
  readonly template?: string;
  /** Of the prompt's front matter. */
  readonly maxOutputTokens?: number;
  readonly field?: string;
}

interface Limited {
  /** What was passed on; absent: it was refused. */
  readonly call?: Call;
  readonly error?: HeadgateError;
  readonly warnings: readonly string[];
  readonly tokens: number;
  /** How often the prompt was rendered after the first time. */
  readonly rerendered: number;
}

function makePrompt(template: string, maxOutputTokens: number | undefined): LoadedPrompt {
  const config = maxOutputTokens === undefined ? "" : `config: { maxOutputTokens: ${maxOutputTokens} }\n`;
  const result = loadPrompt({ fileName: "1.0.0.prompt", text: `---\nversion: 1.0.0\n${config}---\n${template}` });
  if (!result.ok) throw new Error(JSON.stringify(result.problems));
  return result.prompt;
}

function makeCall({ limits, input, template = plain, maxOutputTokens, field }: Options): Call {
  const endpoint: LoadedEndpoint = {
    name: "summarize",
    contract: 1,
    description: "",
    input: schema,
    output: schema,
    prompts: new Map([["1.0.0", makePrompt(template, maxOutputTokens)]]),
    release: "1.0.0",
    route: { use: "standard" },
    normalize: { html: false, overflow: "reject", whitespace: "collapse", ...(field === undefined ? {} : { field }) },
    validate: { reasks: 2 },
    ...(limits ? { limits: { onExceeded: "refuse", ...limits } } : {}),
    timeoutMs: 1000,
  };
  const call: Call = {
    requestId: "r",
    startedAtMs: 0,
    deadlineMs: 1000,
    signal: new AbortController().signal,
    tenant: "t",
    snapshot: {
      id: "s",
      endpoints: new Map(),
      providers: new Map(),
      models: new Map(),
      tiers: new Map(),
      resilience: defaultResilience,
    },
    endpoint,
    input,
    messages: [],
    settings: {},
    stream: false,
    notes: { nextReason: "first", attempts: [], rungs: [], warnings: [], providerWarnings: [] },
  };
  return renderPrompt(call, endpoint);
}

async function countPrompt({ messages }: Call): Promise<number> {
  let tokens = 0;
  for (const { content } of messages) tokens += await countTokens(content as string);
  return tokens;
}

async function limit(options: Options): Promise<Limited> {
  const call = makeCall(options);
  let passed: Call | undefined;
  let rerendered = 0;
  const stage = limitTokens({
    shortenInput,
    renderPrompt: (changed, endpoint) => {
      rerendered++;
      return renderPrompt(changed, endpoint);
    },
  });
  const done = stage(call, async (next) => {
    passed = next;
    return wholeReply({ text: "", toolCalls: [], finishReason: "stop" });
  });
  const error = await done.then(
    () => undefined,
    (thrown: unknown) => HeadgateError.from(thrown),
  );
  return {
    ...(passed ? { call: passed } : {}),
    ...(error ? { error } : {}),
    warnings: call.notes.warnings,
    tokens: await countPrompt(passed ?? call),
    rerendered,
  };
}

const words = (count: number): string => "word ".repeat(count).trim();

describe("without limits", () => {
  test("a call passes as it is", async () => {
    const { call } = await limit({ input: { text: words(500) }, maxOutputTokens: 7 });
    expect(call?.settings).toEqual({ maxOutputTokens: 7 });
    expect(call?.input).toEqual({ text: words(500) });
  });
});

describe("the limit of the input", () => {
  test("lets a prompt pass that is as long as it says", async () => {
    const { tokens } = await limit({ input: { text: words(500) } });
    expect((await limit({ input: { text: words(500) }, limits: { inputTokens: tokens } })).error).toBeUndefined();
    const { error } = await limit({ input: { text: words(500) }, limits: { inputTokens: tokens - 1 } });
    expect(error).toMatchObject({ code: "input_too_long", status: 413 });
    expect(error?.detail).toBe(`The prompt has ${tokens} tokens; ${tokens - 1} are allowed. Shorten the input.`);
  });

  test("leaves the answer's length to the prompt", async () => {
    const { call } = await limit({ input: { text: "x" }, limits: { inputTokens: 100 } });
    expect(call?.settings).toEqual({});
  });

  test("has the longest text cut at its end, between words, where it reduces", async () => {
    const text = Array.from({ length: 400 }, (_, index) => `number-${index}`).join(" ");
    const input = { text, note: "Keep this." };
    const { call, tokens, warnings, rerendered } = await limit({
      input,
      template: `${plain}\n{{note}}`,
      limits: { inputTokens: 300, onExceeded: "reduce" },
    });
    const cut = call?.input as typeof input;
    expect(tokens).toBeLessThanOrEqual(300);
    expect(tokens).toBeGreaterThan(240);
    expect(text.startsWith(`${cut.text} `)).toBe(true);
    expect(cut.note).toBe("Keep this.");
    expect(warnings).toEqual(["input_truncated"]);
    expect(rerendered).toBe(1);
  });

  test("has the text cut that the prompt shows, not a longer one that it does not", async () => {
    const input = { unused: words(2000), text: words(500) };
    const { call, tokens } = await limit({ input, limits: { inputTokens: 300, onExceeded: "reduce" } });
    expect(call?.input).toMatchObject({ unused: input.unused });
    expect(tokens).toBeLessThanOrEqual(300);
  });

  test("has the field cut that the endpoint names", async () => {
    const input = { text: words(500), note: words(400) };
    const options = { input, template: `${plain}\n{{note}}`, field: "/note" };
    const { call } = await limit({ ...options, limits: { inputTokens: 700, onExceeded: "reduce" } });
    expect(call?.input).toMatchObject({ text: input.text });
    expect(call?.input).not.toMatchObject({ note: input.note });
  });

  test("refuses what even the shortest text does not make fit", async () => {
    const template = `${words(200)} {{text}}`;
    const { error, call } = await limit({
      input: { text: words(100) },
      template,
      limits: { inputTokens: 150, onExceeded: "reduce" },
    });
    expect(error?.code).toBe("input_too_long");
    expect(call).toBeUndefined();
  });

  test("refuses where a prompt does not get shorter with its input, after two cuts", async () => {
    const call = makeCall({ input: { text: words(900) }, limits: { inputTokens: 500, onExceeded: "reduce" } });
    let rendered = 0;
    const stage = limitTokens({
      shortenInput,
      renderPrompt: (changed) => {
        rendered++;
        return { ...changed, messages: call.messages };
      },
    });
    await expect(stage(call, async () => Promise.reject(new Error("It was passed on.")))).rejects.toMatchObject({
      code: "input_too_long",
    });
    expect(rendered).toBe(2);
  });

  test("is never passed by, whatever the input, the prompt and the limits are", async () => {
    const texts = array(
      constantFrom("word", "Straße", "漢字かな交じり", "🙂🏽", "\n\n", "a".repeat(700), '{"k":1}', "x"),
      {
        maxLength: 200,
      },
    );
    const templates = constantFrom(plain, "{{text}}{{text}} twice", "Before {{text}} after", "{{json text}} as JSON");
    const limits = record({
      inputTokens: integer({ min: 20, max: 600 }),
      totalTokens: integer({ min: 20, max: 900 }),
      outputTokens: integer({ min: 1, max: 300 }),
    });
    await assert(
      asyncProperty(texts, string(), templates, limits, async (parts, separator, template, most) => {
        const input = { text: parts.join(separator || " ") };
        const { call, error, tokens, rerendered } = await limit({
          input,
          template,
          limits: { ...most, onExceeded: "reduce" },
        });
        expect(rerendered).toBeLessThanOrEqual(2);
        expect(error?.code ?? "input_too_long").toBe("input_too_long");
        if (!call) return;
        const answer = call.settings.maxOutputTokens ?? Infinity;
        expect(tokens).toBeLessThanOrEqual(most.inputTokens);
        expect(answer).toBeGreaterThanOrEqual(1);
        expect(answer).toBeLessThanOrEqual(most.outputTokens);
        expect(tokens + answer).toBeLessThanOrEqual(most.totalTokens);
      }),
      { numRuns: 150 },
    );
  });
});

describe("the limit of the answer", () => {
  const input = { text: "Short." };

  test.each(["refuse", "reduce"] as const)("is set where nobody asked for less (%s)", async (onExceeded) => {
    const { call } = await limit({ input, limits: { outputTokens: 50, onExceeded } });
    expect(call?.settings.maxOutputTokens).toBe(50);
    const shorter = await limit({ input, maxOutputTokens: 20, limits: { outputTokens: 50, onExceeded } });
    expect(shorter.call?.settings.maxOutputTokens).toBe(20);
  });

  test("refuses a prompt that asks for more", async () => {
    const { error } = await limit({ input, maxOutputTokens: 51, limits: { outputTokens: 50 } });
    expect(error).toMatchObject({ code: "output_too_long", status: 400 });
    expect(error?.detail).toContain("up to 51 tokens; 50 are allowed");
  });

  test("lowers what a prompt asks for, where it reduces", async () => {
    const limits = { outputTokens: 50, onExceeded: "reduce" } as const;
    const { call, warnings } = await limit({ input, maxOutputTokens: 51, limits });
    expect(call?.settings.maxOutputTokens).toBe(50);
    expect(warnings).toEqual([]);
  });
});

describe("the limit of both together", () => {
  const input = { text: words(100) };

  test("gives the answer what the prompt leaves", async () => {
    const { tokens } = await limit({ input });
    const { call } = await limit({ input, limits: { totalTokens: 150 } });
    expect(call?.settings.maxOutputTokens).toBe(150 - tokens);
    const asked = await limit({ input, maxOutputTokens: 100, limits: { totalTokens: 150, onExceeded: "reduce" } });
    expect(asked.call?.settings.maxOutputTokens).toBe(150 - tokens);
  });

  test("leaves an answer as it is that fits", async () => {
    const { call } = await limit({ input, maxOutputTokens: 10, limits: { totalTokens: 150 } });
    expect(call?.settings.maxOutputTokens).toBe(10);
  });

  test("refuses an answer that would go beyond", async () => {
    const { error } = await limit({ input, maxOutputTokens: 100, limits: { totalTokens: 150 } });
    expect(error?.code).toBe("output_too_long");
  });

  test("refuses a prompt that leaves nothing for the answer, or cuts it", async () => {
    const { tokens } = await limit({ input });
    const { error } = await limit({ input, limits: { totalTokens: tokens } });
    expect(error).toMatchObject({ code: "input_too_long" });
    expect(error?.detail).toContain(`of ${tokens} for prompt and answer none would be left for the answer`);
    const reduced = await limit({ input, limits: { totalTokens: tokens, onExceeded: "reduce" } });
    expect(reduced.tokens + (reduced.call?.settings.maxOutputTokens ?? 0)).toBe(tokens);
    expect(reduced.warnings).toEqual(["input_truncated"]);
  });
});
