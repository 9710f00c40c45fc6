import { isRecord } from "../../src/json.ts";
import { createAnthropicSpec, hasAnthropicSpec } from "../specs/anthropic-spec.ts";
import { findSpecViolations } from "../specs/openai-spec.ts";
import type { Exchange, Pair } from "./play-case.ts";

const anthropic = hasAnthropicSpec ? createAnthropicSpec() : undefined;

/** Where the client's answers are not as the dialect's owner describes them. What a vendor itself sent is not judged. */
export function findDeviations(turns: readonly (readonly Pair[])[]): string[] {
  const exchanges = turns.flat().flatMap(({ whole, streamed }) => [whole, streamed]);
  return exchanges.filter(({ isUntouched }) => !isUntouched).flatMap(checkExchange);
}

function checkExchange(exchange: Exchange): string[] {
  const { client, vendor, status, body, events } = exchange;
  const values = events ? events.map(({ data }) => data).filter(isRecord) : [body];
  const where = `${client.name} > ${vendor.name}, ${status}${events ? ", streamed" : ""}`;
  return values.flatMap((value) => checkValue(exchange, value).map((found) => `${where}: ${found}`));
}

function checkValue({ client, status, events }: Exchange, value: unknown): readonly string[] {
  const isError = status >= 400 || (isRecord(value) && isRecord(value["error"]) && value["object"] !== "response");
  if (client.name === "messages") {
    const schema = isError ? "ErrorResponse" : events ? "MessageStreamEvent" : "Message";
    return anthropic?.findMistakes(schema, value) ?? [];
  }
  if (client.name === "chat") {
    return findSpecViolations(isError ? "error" : events ? "chat chunk" : "chat completion", value);
  }
  if (events) return findSpecViolations("response event", value);
  return findSpecViolations(isError ? "error" : "response", value);
}
