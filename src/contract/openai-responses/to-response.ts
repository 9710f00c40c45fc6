import type { Completion } from "../../reply.ts";
import type { DialectHead } from "../dialect.ts";
import { createItemIds } from "./item-ids.ts";
import { toOutputItems } from "./output-items.ts";
import type { ParsedResponsesRequest } from "./parse-responses-request.ts";
import { toResponseObject, type ResponseObject } from "./response-object.ts";
import type { Settlement } from "./response-writer.ts";

/** A whole answer as OpenAI's `response` object. */
export function toResponse(
  completion: Completion,
  head: DialectHead,
  request: Pick<ParsedResponsesRequest, "echo" | "isStored">,
  settlement?: Settlement,
): ResponseObject {
  const { finishReason, isRefusal, usage } = completion;
  const output = toOutputItems(completion, createItemIds(head.requestId));
  return toResponseObject(head, request, { finishReason, isRefusal, usage, output, ...settlement });
}
