import { HeadgateError } from "../../errors.ts";
import type { Message } from "../../message.ts";
import type { DialectRequest } from "../dialect.ts";
import { toRequestError } from "../request-error.ts";
import { findLosses } from "./find-losses.ts";
import { toNativeItems, type NativeItems } from "./native-items.ts";
import { createLossList, type LossPath } from "../loss-list.ts";
import { readItems } from "./read-items.ts";
import { readOutput, readSettings, readTools } from "./read-settings.ts";
import { responsesRequest, type Item, type ResponsesRequestBody } from "./responses-request-schema.ts";
import { toEcho } from "./to-echo.ts";

/** A request to the Responses API in Headgate's words; `foreign` keeps what they do not say. */
export interface ParsedResponsesRequest extends DialectRequest {
  /** The client wants the answer kept. */
  readonly isStored: boolean;
  readonly previousResponseId?: string;
  /** The items of `input`, without those of the conversation before. */
  readonly input: readonly Item[];
  /** Fields of the answer that repeat the request. */
  readonly echo: Readonly<Record<string, unknown>>;
}

/**
 * Reads the body of `POST /v1/responses`. Fields that Headgate does not know pass.
 * @param history the items of the conversation that `previous_response_id` goes on with: they come before the input
 * @throws HeadgateError `request_invalid` with the issues; `not_translatable` for what would use state of the vendor's
 * account, which all tenants share; `response_not_found` for a reference to an item
 */
export function parseResponsesRequest(
  body: unknown,
  _headers: unknown = {},
  history: readonly Item[] = [],
): ParsedResponsesRequest {
  const result = responsesRequest.safeParse(body);
  if (!result.success) throw toRequestError(result.error);
  const request = result.data;
  const given = body as Readonly<Record<string, unknown>>;
  refuseAccountState(given);
  const input = readInput(request, history.length > 0);
  const losses = createLossList("only OpenAI's own API knows it");
  findLosses(request, losses);
  const items = [...history, ...input];
  const pathOf = (index: number): LossPath =>
    index < history.length ? ["previous_response_id"] : ["input", index - history.length];
  const read = readItems({ items, historyLength: history.length, pathOf }, losses);
  const messages: readonly Message[] = [...toSystem(request.instructions), ...read];
  if (messages.length === 0) throw requireInput();
  const output = readOutput(request, losses);
  const tools = readTools(request, losses);
  const { previous_response_id: previousResponseId } = request;
  const native = toNativeItems([...history, ...input]);
  return {
    model: request.model,
    messages,
    settings: readSettings(request, losses),
    ...(output ? { output } : {}),
    ...(tools ? { tools } : {}),
    stream: request.stream === true,
    foreign: {
      dialect: "openai-responses",
      body: toForeignBody(given, history, native),
      losses: losses.toLosses(),
      ...(native.hasLostReasoning ? { warnings: ["Earlier reasoning of another vendor's model was dropped."] } : {}),
    },
    isStored: request.store !== false,
    ...(typeof previousResponseId === "string" ? { previousResponseId } : {}),
    input,
    echo: toEcho(request),
  };
}

/** Uses of the vendor's account: what one tenant keeps there every other could read. */
const accountState = {
  background: "answers in the background stay in an account that all tenants share",
  conversation: "conversations lie in an account that all tenants share; use previous_response_id",
  prompt: "prompts of the account are not offered; declare an endpoint, or send instructions",
} as const;

function refuseAccountState(body: Readonly<Record<string, unknown>>): void {
  const issues = Object.entries(accountState).flatMap(([field, message]) => {
    const value = body[field];
    return value === undefined || value === null || value === false ? [] : [{ path: `/${field}`, message }];
  });
  const [first] = issues;
  if (first) throw new HeadgateError("not_translatable", { detail: `${first.path}: ${first.message}.`, issues });
}

function readInput({ input }: ResponsesRequestBody, hasHistory: boolean): readonly Item[] {
  if (typeof input === "string") return [{ type: "message", role: "user", content: input }];
  if (!input && !hasHistory) throw requireInput();
  return input ?? [];
}

function requireInput(): HeadgateError {
  const issues = [{ path: "/input", message: "The model needs something to answer to" }];
  return new HeadgateError("request_invalid", { detail: "/input: The model needs something to answer to.", issues });
}

function toSystem(instructions: string | null | undefined): readonly Message[] {
  return typeof instructions === "string" && instructions !== "" ? [{ role: "system", content: instructions }] : [];
}

/** What a provider of the same dialect is sent: the whole conversation, and nothing that only Headgate can read. */
function toForeignBody(
  body: Readonly<Record<string, unknown>>,
  history: readonly Item[],
  native: NativeItems,
): Readonly<Record<string, unknown>> {
  const { previous_response_id: previous, ...rest } = body;
  if (history.length > 0 || native.hasChanged) return { ...rest, input: native.items };
  return previous === undefined ? body : rest;
}
