import type { Json, NextTurn } from "../matrix-case.ts";
import { pickChanged, shortenUsage, type MatrixClient, type SeenEvent } from "./client.ts";

interface Choice {
  readonly index: number;
  readonly delta: Delta;
  readonly logprobs?: { readonly content?: readonly unknown[] | null } | null;
  readonly finish_reason?: string | null;
}

interface Delta {
  readonly [key: string]: unknown;
  readonly tool_calls?: readonly CallDelta[];
}

interface CallDelta {
  readonly [key: string]: unknown;
  readonly index: number;
  readonly function?: { readonly name?: string; readonly arguments?: string };
}

interface Message {
  [key: string]: unknown;
  tool_calls?: { id?: unknown; function: { name: string; arguments: string } }[];
}

/** Texts grow, lists are joined, everything else is set. */
function addDelta(message: Message, { tool_calls: calls, ...delta }: Delta): void {
  for (const [name, value] of Object.entries(delta)) {
    const known = message[name];
    if (typeof value === "string" && name !== "role") message[name] = (typeof known === "string" ? known : "") + value;
    else if (Array.isArray(value))
      message[name] = [...((known as unknown[] | undefined) ?? []), ...(value as unknown[])];
    else message[name] = value;
  }
  for (const { index, function: target, ...rest } of calls ?? []) {
    const list = (message.tool_calls ??= []);
    const call = (list[index] ??= { function: { name: "", arguments: "" } });
    Object.assign(call, rest);
    call.function.name += target?.name ?? "";
    call.function.arguments += target?.arguments ?? "";
  }
}

function accumulate(events: readonly SeenEvent[]): unknown {
  const chunks = events.map(({ data }) => data).filter((data) => typeof data === "object") as Json[];
  const { id, created, model } = chunks[0] ?? {};
  const message: Message = {};
  const logprobs: unknown[] = [];
  let finishReason: unknown = null;
  let usage: unknown;
  let tier: unknown;
  for (const chunk of chunks) {
    tier = chunk["service_tier"] ?? tier;
    usage = chunk["usage"] ?? usage;
    for (const choice of (chunk["choices"] ?? []) as Choice[]) {
      addDelta(message, choice.delta);
      logprobs.push(...(choice.logprobs?.content ?? []));
      finishReason = choice.finish_reason ?? finishReason;
    }
  }
  // A stream has to begin before it is known that nothing is said.
  if (message["content"] === "" && message.tool_calls) message["content"] = null;
  const choice = {
    index: 0,
    message: { refusal: null, ...message },
    logprobs: logprobs.length === 0 ? null : { content: logprobs, refusal: null },
    finish_reason: finishReason,
  };
  const told = { ...(usage ? { usage } : {}), ...(tier === undefined ? {} : { service_tier: tier }) };
  return { id, object: "chat.completion", created, model, choices: [choice], ...told };
}

function shorten({ data }: SeenEvent, _index: number, whole: Json): unknown {
  if (typeof data !== "object" || data === null) return data;
  const { choices, ...fields } = data as Json;
  const { usage, ...changed } = pickChanged(fields, { ...whole, object: "chat.completion.chunk", usage: null });
  const told = usage === undefined ? changed : { ...changed, usage: shortenUsage(usage, whole) };
  const [choice, ...others] = (choices ?? []) as Choice[];
  if (!choice || others.length > 0 || choice.index !== 0) return { ...told, choices };
  const { index: _only, ...rest } = choice;
  return { ...told, ...pickChanged(rest, { logprobs: null, finish_reason: null }) };
}

function goOn(request: Json, answer: Json, { toolResults = [], user }: NextTurn): Json {
  const [choice] = answer["choices"] as { readonly message: Message }[];
  const message = choice?.message ?? {};
  const results = toolResults.map((content, index) => ({
    role: "tool",
    tool_call_id: message.tool_calls?.[index]?.id,
    content,
  }));
  const said = user === undefined ? [] : [{ role: "user", content: user }];
  return { ...request, messages: [...(request["messages"] as unknown[]), message, ...results, ...said] };
}

/** As `openai`, `ai` and LangChain speak it. */
export const chatClient: MatrixClient = {
  name: "chat",
  path: "/v1/chat/completions",
  headers: { authorization: "Bearer client-key" },
  streamFields: { stream: true, stream_options: { include_usage: true } },
  accumulate,
  shorten,
  goOn,
};
