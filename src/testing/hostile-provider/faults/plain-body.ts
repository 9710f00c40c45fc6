import type { Exchange } from "../exchange.ts";
import { defineFaults, toHarmless, sendAnswer, type FaultRow, type ScriptedFault } from "../fault.ts";

type Whole = Record<string, unknown>;

/** C: plain answers whose bodies are wrong. */
export const plainBodyFaults: readonly ScriptedFault[] = defineFaults({ group: "C", appliesTo: "plain" }, [
  toRow("empty-body", "200 without a body.", () => ""),
  toRow("truncated-json", "JSON cut in the middle, its length right.", (json) => json.slice(0, json.length / 2)),
  toRow("bad-json", "JSON with a comma too many.", (json) => `${json.slice(0, -1)},}`),
  toRow("two-values", "Two JSON values in a row.", (json) => json + json),
  toRow("deep-json", "100,000 arrays in each other.", (json) =>
    json.replace(/\}$/, `,"deep":${"[".repeat(100_000)}${"]".repeat(100_000)}}`),
  ),
  toRow("infinite-usage", "NaN and Infinity, which are no JSON, in place of numbers.", (json) =>
    json
      .replaceAll(/("(?:prompt|completion|input|output)_tokens"):\d+/g, "$1:NaN")
      .replace(/("total_tokens"):\d+/, "$1:Infinity"),
  ),
  toRow("not-an-object", "A JSON array.", () => "[1,2,3]"),
  toRow("wrong-shape", "A JSON object of another API.", () => '{"hello":"world"}'),
  toRow("null-body", "The JSON value null.", () => "null"),
  {
    ...toRow("duplicate-keys", "A key twice; the last is right.", (json) => `{"model":"other",${json.slice(1)}`),
    isHarmless: true,
  },
  {
    ...toRow("proto-key", "A key named __proto__.", (json) => `{"__proto__":{"polluted":true},${json.slice(1)}`),
    isHarmless: true,
  },
  { ...toRow("bom", "A byte order mark before the JSON.", (json) => `\uFEFF${json}`), isHarmless: true },
  {
    ...toRow("error-200", "Status 200 with an error as the body.", (_json, { writer }) =>
      JSON.stringify(writer.toErrorBody({ kind: "overloaded", message: "Overloaded" })),
    ),
  },
  {
    name: "lone-surrogate",
    what: "Half of a surrogate pair at the end of the text.",
    recoverable: false,
    run: (exchange) => {
      const pieces = [...exchange.answer.pieces.slice(0, -1), `${exchange.answer.pieces.at(-1)}\ud83d`];
      return sendAnswer(exchange, { ...exchange.answer, pieces });
    },
  },
  {
    ...toEdited("no-choices", "No choices.", (exchange) => ({ ...toWhole(exchange), choices: [] })),
    dialects: ["openai-chat"],
  },
  toEdited("null-content", "null where the content is to be.", (exchange) => setContent(toWhole(exchange), null)),
  toEdited("no-content-field", "Nothing where the content is to be.", (exchange) =>
    setContent(toWhole(exchange), undefined),
  ),
  {
    ...toEdited("number-content", "A number where the content is to be.", (exchange) =>
      setContent(toWhole(exchange), 42),
    ),
  },
  ...toUsageRows(),
  {
    name: "slow-drip-body",
    what: "The body a byte at a time, one each ms.",
    isHarmless: true,
    params: "ms=5",
    run: async (exchange) => {
      const body = Buffer.from(JSON.stringify(toWhole(exchange)));
      await exchange.head(200, { "content-type": "application/json", "content-length": String(body.length) });
      exchange.countAnswer(exchange.answer);
      for (let at = 0; at < body.length; at++) {
        await exchange.write(body.subarray(at, at + 1));
        await exchange.sleep(exchange.params.number("ms", 5));
      }
    },
  },
  { name: "huge-body", what: "A body of very many bytes.", params: "mib=100", recoverable: false, run: sendHugeBody },
]);

/** C, of both forms: why the model stopped. */
export const finishFaults: readonly ScriptedFault[] = defineFaults({ group: "C", appliesTo: "both" }, [
  toFinish("finish-length", "The answer stopped at the length limit.", "length"),
  { ...toFinish("finish-filter", "The answer stopped at the content filter.", "filter"), recoverable: false },
  toFinish("finish-unknown", "The answer stopped for a reason that nobody defined.", "gremlins"),
  {
    name: "empty-answer",
    what: "No text at all, and a finish.",
    recoverable: false,
    run: (exchange) => sendAnswer(exchange, { ...exchange.answer, pieces: [] }),
  },
]);

function toFinish(name: string, what: string, finish: string): FaultRow {
  return { name, what, isHarmless: true, run: (exchange) => sendAnswer(exchange, { ...exchange.answer, finish }) };
}

function toWhole({ writer, answer }: Exchange): Whole {
  return writer.toWhole(answer);
}

function toRow(name: string, what: string, edit: (json: string, exchange: Exchange) => string): FaultRow {
  return {
    name,
    what,
    run: async (exchange) => {
      const body = edit(JSON.stringify(toWhole(exchange)), exchange);
      const written = exchange.respond(200, body, { "content-type": "application/json" });
      // The model has worked, whatever became of its answer.
      exchange.countAnswer(exchange.answer);
      await written;
    },
  };
}

function toEdited(name: string, what: string, edit: (exchange: Exchange) => unknown): FaultRow {
  return toRow(name, what, (_json, exchange) => JSON.stringify(edit(exchange)));
}

function setContent(whole: Whole, content: unknown): Whole {
  if ("choices" in whole)
    return { ...whole, choices: [{ index: 0, message: { role: "assistant", content }, finish_reason: "stop" }] };
  return "output" in whole ? { ...whole, output: content } : { ...whole, content };
}

function toUsageRows(): FaultRow[] {
  const values: readonly (readonly [name: string, what: string, edit: (value: number) => unknown])[] = [
    ["usage-negative", "Usage below zero.", (value) => -value],
    ["usage-huge", "Usage of 1e308 tokens.", () => 1e308],
    ["usage-string", "Usage as strings.", String],
    ["usage-null", "Usage of null tokens.", () => null],
  ];
  const missing = toEdited("usage-missing", "No usage.", (exchange) => ({ ...toWhole(exchange), usage: undefined }));
  return [
    missing,
    ...values.map(([name, what, edit]) =>
      toEdited(name, what, (exchange) => {
        const whole = toWhole(exchange);
        const usage = Object.entries(whole["usage"] as Whole).map(([key, value]) => [
          key,
          typeof value === "number" ? edit(value) : value,
        ]);
        return { ...whole, usage: Object.fromEntries(usage) as Whole };
      }),
    ),
  ].map((row) => toHarmless(row));
}

async function sendHugeBody(exchange: Exchange): Promise<void> {
  const mib = exchange.params.number("mib", 100);
  const json = JSON.stringify(toWhole(exchange));
  const block = Buffer.alloc(1024 * 1024, 0x20);
  await exchange.head(200, {
    "content-type": "application/json",
    "content-length": String(json.length + mib * block.length),
  });
  exchange.countAnswer(exchange.answer);
  for (let sent = 0; sent < mib; sent++) await exchange.write(block);
  await exchange.write(json);
}
