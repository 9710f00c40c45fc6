import type { ReasoningBlock, ToolCall } from "../../message.ts";
import type { Completion, Part, Source, TokenLogprob, Usage } from "../../reply.ts";
import { createAnswerBuilder, requireAnswer } from "./answer-builder.ts";
import { parsePieces } from "./piece-reader.ts";

/**
 * Reads a whole answer of status 200.
 * @throws HeadgateError `provider_protocol` if it is not an answer; what the body reports if it carries an error
 */
export function parseAnswer(bytes: Buffer, peer: string): Completion {
  const answer = createAnswerBuilder(peer);
  const parts: Part[] = parsePieces(bytes.toString(), peer, "answered with something").flatMap((piece) =>
    answer.read(piece),
  );
  requireAnswer(answer, peer);
  return toCompletion([...parts, ...answer.end()]);
}

function toCompletion(parts: readonly Part[]): Completion {
  let [text, reasoning] = ["", ""];
  let usage: Usage | undefined;
  let finish: Pick<Completion, "finishReason" | "rawFinishReason"> = { finishReason: "other" };
  const reasoningBlocks: ReasoningBlock[] = [];
  const sources: Source[] = [];
  const logprobs: TokenLogprob[] = [];
  const toolCalls: ToolCall[] = [];
  for (const part of parts) {
    if (part.type === "text") {
      text += part.text;
      logprobs.push(...(part.logprobs ?? []));
    } else if (part.type === "reasoning") reasoning += part.text;
    else if (part.type === "reasoning-block") reasoningBlocks.push(part.block);
    else if (part.type === "source") sources.push(part.source);
    else if (part.type === "tool-call") toolCalls[part.index] = extend(toolCalls[part.index], part);
    else if (part.type === "usage") usage = part.usage;
    else if (part.type === "finish") finish = toFinish(part);
  }
  return {
    text,
    ...(reasoning === "" ? {} : { reasoning }),
    ...(reasoningBlocks.length === 0 ? {} : { reasoningBlocks }),
    ...(sources.length === 0 ? {} : { sources }),
    ...(logprobs.length === 0 ? {} : { logprobs }),
    toolCalls,
    ...finish,
    ...(usage ? { usage } : {}),
  };
}

function toFinish({
  reason,
  rawReason,
}: Extract<Part, { type: "finish" }>): Pick<Completion, "finishReason" | "rawFinishReason"> {
  return { finishReason: reason, ...(rawReason === undefined ? {} : { rawFinishReason: rawReason }) };
}

function extend(known: ToolCall | undefined, part: Extract<Part, { type: "tool-call" }>): ToolCall {
  const signature = known?.signature ?? part.signature;
  return {
    id: known?.id ?? part.id ?? "",
    name: known?.name ?? part.name ?? "",
    arguments: (known?.arguments ?? "") + part.arguments,
    ...(signature === undefined ? {} : { signature }),
  };
}
