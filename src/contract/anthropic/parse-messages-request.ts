import type { ForeignRequest, Loss } from "../../call.ts";
import { toPointer } from "../../json.ts";
import type { Message } from "../../message.ts";
import type { DialectRequest } from "../dialect.ts";
import { toRequestError } from "../request-error.ts";
import { createLossList, type LossList } from "../loss-list.ts";
import { messagesRequest, type MessagesRequestBody } from "./messages-request-schema.ts";
import { readCacheTtl, readContent, simplify, toParts, withCacheTtl } from "./read-content.ts";
import { readExtras } from "./read-extras.ts";
import { readOutput, readSettings } from "./read-settings.ts";
import { readTools } from "./read-tools.ts";
import { readTurn } from "./read-turns.ts";
import { toRelayBody } from "./to-relay-body.ts";

const unknownField = "only Anthropic's own API knows it";

type Headers = Readonly<Record<string, string | string[] | undefined>>;

/**
 * Reads the body of `POST /v1/messages`. Fields that Headgate does not know pass.
 * @throws HeadgateError `request_invalid` with the issues
 */
export function parseMessagesRequest(body: unknown, headers: Headers): DialectRequest {
  const losses = createLossList(unknownField);
  const parsed = parseRequest(body, headers, losses);
  if (headers["anthropic-beta"] !== undefined) losses.drop(["anthropic-beta"], "the header is for Anthropic's API");
  return toDialectRequest(parsed, [...listPrefill(parsed), ...losses.toLosses()]);
}

/** Reads the body of `POST /v1/messages/count_tokens`. What cannot be passed on is left out of the count. */
export function parseCountTokensRequest(body: unknown, headers: Headers): DialectRequest {
  const losses = createLossList(unknownField);
  const parsed = parseRequest(body, headers, losses);
  const dropped = losses.toLosses().map(({ path, why }): Loss => ({ path, effect: "dropped", why }));
  return { ...toDialectRequest(parsed, dropped), task: { type: "count-tokens" }, stream: false };
}

interface ParsedRequest {
  readonly request: MessagesRequestBody;
  readonly messages: readonly Message[];
  readonly words: Pick<DialectRequest, "settings" | "output" | "tools">;
  readonly foreign: ForeignRequest;
}

function parseRequest(body: unknown, headers: Headers, losses: LossList): ParsedRequest {
  const result = messagesRequest.safeParse(body);
  if (!result.success) throw toRequestError(result.error);
  const request = result.data;
  const messages = readMessages(request, losses);
  const settings = readSettings(request, losses);
  const output = readOutput(request, losses);
  const tools = readTools(request.tools, losses);
  readExtras(request, losses);
  const relay = toRelayBody(body as Record<string, unknown>);
  return {
    request,
    messages,
    words: { settings, ...(output ? { output } : {}), ...(tools ? { tools } : {}) },
    foreign: {
      dialect: "anthropic-messages",
      body: relay.body,
      headers: pickHeaders(headers),
      ...(relay.warnings.length === 0 ? {} : { warnings: relay.warnings }),
    },
  };
}

/** A last turn of the assistant is the beginning of the answer in this dialect. */
function listPrefill({ request, messages }: ParsedRequest): Loss[] {
  if (messages.at(-1)?.role !== "assistant") return [];
  const path = toPointer(["messages", request.messages.length - 1]);
  return [{ path, effect: "refused", why: "its models do not go on from a begun answer", isPrefill: true }];
}

function toDialectRequest(
  { request, messages, words, foreign }: ParsedRequest,
  losses: readonly Loss[],
): DialectRequest {
  return {
    model: request.model,
    messages,
    ...words,
    stream: request.stream === true,
    foreign: { ...foreign, ...(losses.length === 0 ? {} : { losses }) },
  };
}

function readMessages(request: MessagesRequestBody, losses: LossList): readonly Message[] {
  const { system } = request;
  const instructions = system ? readContent(system, ["system"], losses) : [];
  const turns = request.messages.flatMap((entry, index) => readTurn(entry, ["messages", index], losses));
  const messages: Message[] = [
    ...(instructions.length === 0 ? [] : [{ role: "system", content: simplify(instructions) } as const]),
    ...turns,
  ];
  return markLast(messages, readCacheTtl(request.cache_control));
}

/** `cache_control` of the whole request marks the end of the conversation. */
function markLast(messages: readonly Message[], cacheTtl: ReturnType<typeof readCacheTtl>): readonly Message[] {
  const last = messages.at(-1);
  if (cacheTtl === undefined || !last) return messages;
  const { content } = last;
  const parts = withCacheTtl(typeof content === "string" ? toParts(content) : content, cacheTtl);
  return [...messages.slice(0, -1), { ...last, content: simplify(parts) }];
}

const forwardedHeaders = ["anthropic-version", "anthropic-beta"];

function pickHeaders(headers: Headers): Record<string, string> {
  return Object.fromEntries(
    forwardedHeaders.flatMap((name) => {
      const value = headers[name];
      return value === undefined ? [] : [[name, Array.isArray(value) ? value.join(",") : value]];
    }),
  );
}
