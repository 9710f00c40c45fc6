import { HeadgateError } from "../../errors.ts";
import { isRecord } from "../../json.ts";
import type { ModerationResult } from "../../reply.ts";
import type { Provider } from "../provider.ts";
import { parseObject } from "../wire/parse-object.ts";
import { findInBandError } from "../wire/provider-failure.ts";
import type { EmbedOptions } from "./embed.ts";

/** `POST /moderations`. A client's own body of that dialect is forwarded with `model` replaced, and the answer's bytes come back. */
export function createModerate(options: Omit<EmbedOptions, "dimensionsField">): NonNullable<Provider["moderate"]> {
  const { client, toUrl, headers } = options;
  return async ({ model, inputs, foreign }, context) => {
    const own = foreign?.dialect === "openai-moderations" ? foreign.body : undefined;
    const body = JSON.stringify(own ? { ...own, model } : { model, input: inputs });
    const bytes = await client.post({ url: toUrl("/moderations", model), headers, body }, context);
    const results = parseModeration(client.peer, bytes);
    if (own) return { results, raw: bytes };
    if (results.length === inputs.length) return { results };
    throw new HeadgateError("provider_protocol", {
      detail: `${client.peer} answered with ${results.length} verdicts for ${inputs.length} texts.`,
    });
  };
}

/** @throws HeadgateError `provider_protocol` */
function parseModeration(peer: string, bytes: Buffer): readonly ModerationResult[] {
  const body = parseObject(bytes.toString(), peer, "answered with something");
  const failure = findInBandError(peer, body);
  if (failure) throw failure;
  const { results } = body;
  if (!Array.isArray(results) || !results.every(isRecord)) {
    throw new HeadgateError("provider_protocol", { detail: `${peer} answered without verdicts.` });
  }
  return results.map((result) => {
    const categories = keepValues(result["categories"], isBoolean);
    const scores = keepValues(result["category_scores"], isNumber);
    const { flagged } = result;
    // Mistral leaves the sum to the reader.
    const isFlagged = typeof flagged === "boolean" ? flagged : Object.values(categories).includes(true);
    return { isFlagged, categories, scores };
  });
}

function keepValues<T>(record: unknown, isKept: (value: unknown) => value is T): Record<string, T> {
  if (!isRecord(record)) return {};
  const kept = Object.entries(record).flatMap(([name, value]) => (isKept(value) ? [[name, value] as const] : []));
  return Object.fromEntries(kept);
}

function isBoolean(value: unknown): value is boolean {
  return typeof value === "boolean";
}

function isNumber(value: unknown): value is number {
  return typeof value === "number";
}
