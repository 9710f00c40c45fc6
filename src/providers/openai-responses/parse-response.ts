import { HeadgateError } from "../../errors.ts";
import type { ToolCall } from "../../message.ts";
import type { Completion, Part, Source, TokenLogprob } from "../../reply.ts";
import { parseObject } from "../wire/parse-object.ts";
import { findInBandError } from "../wire/provider-failure.ts";
import { toFinishReason } from "./finish-reason.ts";
import { ItemReader } from "./item-reader.ts";
import { parseUsage } from "./parse-usage.ts";
import { readEnding } from "./read-ending.ts";
import type { ResponseReaderOptions } from "./response-reader.ts";

/**
 * Reads a whole response of status 200.
 * @throws HeadgateError `provider_protocol` if it is none or has not ended; what it failed with
 */
export function parseResponse({ peer, traits }: ResponseReaderOptions, bytes: Buffer): Completion {
  const body = parseObject(bytes.toString(), peer, "answered with something");
  if (!Array.isArray(body["output"])) {
    const failure = body["status"] === "failed" ? undefined : findInBandError(peer, body);
    if (failure) throw failure;
    readEnding(peer, body);
    throw new HeadgateError("provider_protocol", { detail: `${peer} answered without an output.` });
  }
  const ending = readEnding(peer, body);
  const items = new ItemReader(traits);
  const parts = items.finishAll(body["output"]);
  const usage = parseUsage(body["usage"], body["service_tier"]);
  return {
    ...addUp(parts),
    finishReason: toFinishReason(ending, items),
    rawFinishReason: ending.incompleteReason ?? ending.status,
    ...(usage ? { usage } : {}),
  };
}

function addUp(parts: readonly Part[]): Omit<Completion, "finishReason"> {
  const logprobs: TokenLogprob[] = [];
  const toolCalls: ToolCall[] = [];
  let [text, reasoning] = ["", ""];
  let refusalChars = 0;
  for (const part of parts) {
    if (part.type === "text") {
      text += part.text;
      if (part.isRefusal === true) refusalChars += part.text.length;
      logprobs.push(...(part.logprobs ?? []));
    } else if (part.type === "reasoning") reasoning += part.text;
    else if (part.type === "tool-call") {
      const begun = toolCalls[part.index];
      const { id = "", name = "" } = begun ?? part;
      toolCalls[part.index] = { id, name, arguments: (begun?.arguments ?? "") + part.arguments };
    }
  }
  const reasoningBlocks = parts.flatMap((part) => (part.type === "reasoning-block" ? [part.block] : []));
  const sources: Source[] = parts.flatMap((part) => (part.type === "source" ? [part.source] : []));
  return {
    text,
    ...(refusalChars > 0 && refusalChars === text.length ? { isRefusal: true } : {}),
    ...(reasoning === "" ? {} : { reasoning }),
    ...(reasoningBlocks.length === 0 ? {} : { reasoningBlocks }),
    ...(sources.length === 0 ? {} : { sources }),
    ...(logprobs.length === 0 ? {} : { logprobs }),
    toolCalls,
  };
}
