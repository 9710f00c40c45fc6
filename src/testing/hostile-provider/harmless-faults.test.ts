import { request, type IncomingMessage } from "node:http";
import { text } from "node:stream/consumers";
import { createParser } from "eventsource-parser";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { isRecord, parseJson } from "../../json.ts";
import type { Fault } from "./fault.ts";
import { faults } from "./faults.ts";
import { createHostileProvider, type HostileProvider } from "./hostile-provider.ts";
import type { HostileDialect } from "./hostile-request.ts";

let provider: HostileProvider;
beforeAll(async () => {
  provider = await createHostileProvider();
});
afterAll(() => provider.close());

/** They say nothing, or no text. */
const textless = new Set(["reordered", "args-split"]);
const harmless = faults.filter(({ isHarmless, name }) => isHarmless && !textless.has(name));

describe.each(harmless)("$group $name does no harm", (fault) => {
  test.each(forms(fault))("as $form in $dialect", async ({ form, dialect }) => {
    const model = `fault:${fault.name}?ms=1&tokens=5`;
    const read = await readAnswer(model, dialect, form === "stream");
    const entry = await provider.ledger.waitFor((entries) => entries.findLast((seen) => seen.model === model));
    expect(entry).toMatchObject({ fault: fault.name, dialect });
    expect(entry.text).not.toBe("");
    expect(read).toBe(entry.text);
  });
});

function forms({ appliesTo, dialects }: Fault): { readonly form: string; readonly dialect: HostileDialect }[] {
  const all = dialects.filter((dialect) => ["openai-chat", "openai-responses", "anthropic"].includes(dialect));
  return (appliesTo === "both" ? ["plain", "stream"] : [appliesTo]).flatMap((form) =>
    all.map((dialect) => ({ form, dialect })),
  );
}

const paths: Readonly<Partial<Record<HostileDialect, string>>> = {
  "openai-chat": "/chat/completions",
  "openai-responses": "/responses",
  anthropic: "/messages",
};

/** Reads an answer with Node's HTTP parser and a foreign SSE parser, up to the first end that the dialect has. */
async function readAnswer(model: string, dialect: HostileDialect, isStream: boolean): Promise<string> {
  const outgoing = request(`${provider.url}${paths[dialect]}`, { method: "POST", agent: false });
  const response = new Promise<IncomingMessage>((resolve, reject) => {
    outgoing.once("response", resolve);
    outgoing.once("error", reject);
  });
  outgoing.end(JSON.stringify({ model, stream: isStream, messages: [{ role: "user", content: "Hi" }] }));
  const incoming = await response;
  if (!isStream) return readWhole(parseJson((await text(incoming)).replace(/^\uFEFF/, "")));
  let said = "";
  let isOver = false;
  const parser = createParser({
    onEvent: ({ data }) => {
      if (data === "[DONE]") isOver = true;
      if (isOver || data === "") return;
      const json = parseJson(data);
      said += readDelta(json);
      if (
        isRecord(json) &&
        ["message_stop", "response.completed", "response.incomplete"].includes(String(json["type"]))
      )
        isOver = true;
    },
  });
  incoming.setEncoding("utf8");
  for await (const piece of incoming) {
    parser.feed(piece as string);
    if (isOver) break;
  }
  incoming.destroy();
  return said;
}

type Parts = readonly Record<string, unknown>[];

function readWhole(json: unknown): string {
  const { choices, content, output } = json as Record<string, Parts | undefined>;
  if (choices) return readText((choices[0] as { message: Record<string, unknown> }).message["content"]);
  const parts = content ?? (output ?? []).flatMap((item) => (item["content"] ?? []) as Parts);
  return parts.map((part) => readText(part["text"])).join("");
}

function readDelta(json: unknown): string {
  const { choices, delta, type } = json as Record<string, unknown>;
  if (Array.isArray(choices)) return readText((choices as { delta: Record<string, unknown> }[])[0]?.delta["content"]);
  if (type === "response.output_text.delta") return readText(delta);
  return isRecord(delta) ? readText(delta["text"]) : "";
}

function readText(value: unknown): string {
  return typeof value === "string" ? value : "";
}
