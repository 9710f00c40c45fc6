import { HeadgateError } from "../../errors.ts";
import { isRecord } from "../../json.ts";
import type { ToolSpec } from "../../message.ts";
import type { ModelRequest } from "../provider.ts";
import { forModel, type Quirks } from "./quirks.ts";
import { toForeignMessages } from "./to-messages.ts";
import { toRelayBody } from "./to-relay-body.ts";
import { toCacheControl } from "./to-part.ts";
import { addInstruction, toResponseFormat } from "./to-response-format.ts";
import { toForeignSettings } from "./to-settings.ts";

/**
 * The body of `POST /chat/completions`. A client's own body of that dialect is forwarded with `model` replaced.
 * @throws HeadgateError `not_translatable` for what the vendor cannot be told and an answer hangs on
 */
export function toRequestBody(
  request: ModelRequest,
  vendorQuirks: Quirks,
  warn: (warning: string) => void,
): Record<string, unknown> {
  if (request.foreign?.dialect === "openai-chat") {
    const forwarded = toRelayBody(request.foreign.body, request, vendorQuirks, warn);
    return request.stream ? { ...forwarded, ...toStreamOptions(forwarded, vendorQuirks) } : forwarded;
  }
  const quirks = forModel(vendorQuirks, request.model);
  const { tools = [] } = request;
  const { instruction, ...format } = toResponseFormat(request, quirks, warn);
  const messages = instruction === undefined ? request.messages : addInstruction(request.messages, instruction);
  return {
    model: request.model,
    messages: toForeignMessages(messages, quirks, warn),
    ...toForeignSettings(request, quirks, warn),
    ...format,
    ...(tools.length > 0 ? { tools: toForeignTools(tools, quirks, warn) } : {}),
    ...(request.stream ? { stream: true, ...toStreamOptions({}, quirks) } : {}),
  };
}

/** Whether the client itself asked for the chunk that reports usage. */
export function asksForUsage(body: Readonly<Record<string, unknown>>): boolean {
  const options = body["stream_options"];
  return isRecord(options) && options["include_usage"] === true;
}

function toStreamOptions(body: Readonly<Record<string, unknown>>, { streamUsage }: Quirks): Record<string, unknown> {
  if (streamUsage === "always") return {};
  const options = body["stream_options"];
  return { stream_options: { ...(isRecord(options) ? options : {}), include_usage: true } };
}

function toForeignTools(
  tools: readonly ToolSpec[],
  quirks: Quirks,
  warn: (warning: string) => void,
): Record<string, unknown>[] {
  const { label } = quirks;
  if (!quirks.hasTools) throw new HeadgateError("not_translatable", { detail: `Tools cannot be sent to ${label}.` });
  const isLoose = quirks.lacks.includes("strictTools");
  if (isLoose && tools.some(({ isStrict }) => isStrict === true)) {
    warn(`Strict tools are not offered by ${label}: arguments may break their schema.`);
  }
  return tools.map(({ name, description, parameters, isStrict, cacheTtl }) => ({
    type: "function",
    function: {
      name,
      ...(description === undefined ? {} : { description }),
      parameters,
      ...(isStrict === undefined || isLoose ? {} : { strict: isStrict }),
    },
    ...toCacheControl(cacheTtl, quirks),
  }));
}
