import { isDeepEqual } from "../json-difference.ts";
import type { Json, NextTurn } from "../matrix-case.ts";
import { asInWhole, pickChanged, type MatrixClient, type SeenEvent } from "./client.ts";

interface Part {
  [key: string]: unknown;
  text?: string;
  refusal?: string;
  annotations?: unknown[];
  logprobs?: unknown[];
}

interface Item {
  [key: string]: unknown;
  content?: Part[];
  summary?: Part[];
  arguments?: string;
}

type Data = Readonly<Record<string, unknown>> & {
  readonly type: string;
  readonly delta?: string;
  readonly output_index?: number;
  readonly content_index?: number;
  readonly summary_index?: number;
  readonly item?: Item;
  readonly part?: Part;
  readonly logprobs?: readonly unknown[];
  readonly response?: Json;
};

/** The items, grown from the deltas alone; what ends an item adds only what deltas do not tell. */
function growItems(events: readonly Data[]): Item[] {
  const items: Item[] = [];
  for (const event of events) {
    const item = items[event.output_index ?? -1];
    if (event.type === "response.output_item.added") items[event.output_index!] = structuredClone(event.item!);
    else if (item) grow(item, event);
  }
  return items;
}

function grow(item: Item, event: Data): void {
  const content = item.content?.[event.content_index ?? -1];
  const summary = item.summary?.[event.summary_index ?? -1];
  switch (event.type) {
    case "response.content_part.added":
      (item.content ??= [])[event.content_index!] = structuredClone(event.part!);
      return;
    case "response.reasoning_summary_part.added":
      (item.summary ??= [])[event.summary_index!] = structuredClone(event.part!);
      return;
    case "response.output_text.delta":
      content!.text += event.delta ?? "";
      (content!.logprobs ??= []).push(...(event.logprobs ?? []));
      return;
    case "response.refusal.delta":
      content!.refusal += event.delta ?? "";
      return;
    case "response.output_text.annotation.added":
      (content!.annotations ??= []).push(event["annotation"]);
      return;
    case "response.reasoning_summary_text.delta":
      summary!.text += event.delta ?? "";
      return;
    case "response.function_call_arguments.delta":
      item.arguments += event.delta ?? "";
      return;
    case "response.output_item.done": {
      const { content: _content, summary: _summary, arguments: _arguments, ...told } = event.item!;
      Object.assign(item, told);
    }
  }
}

function accumulate(events: readonly SeenEvent[]): unknown {
  const data = events.map((event) => event.data as Data);
  return { ...data.at(-1)?.response, output: growItems(data) };
}

function shorten({ event, data }: SeenEvent, index: number, whole: Json): unknown {
  const { type, sequence_number: number, item_id: itemId, response, item, part, ...fields } = data as Data;
  const known = ((whole["output"] ?? []) as readonly Item[])[fields.output_index ?? -1];
  const isEnd = type.endsWith(".done");
  const knownPart = findPart(known, fields);
  return {
    type,
    ...(event === type ? {} : { event }),
    ...(number === index ? {} : { sequence_number: number }),
    ...(itemId === known?.["id"] ? {} : { item_id: itemId }),
    ...dropEmpty(fields),
    ...(response ? { response: pickChanged(response, whole) } : {}),
    ...(item ? { item: isEnd && isDeepEqual(item, known) ? asInWhole : item } : {}),
    ...(part ? { part: isEnd && isDeepEqual(part, knownPart) ? asInWhole : part } : {}),
  };
}

function findPart(item: Item | undefined, { content_index: content, summary_index: summary }: Partial<Data>): unknown {
  return content === undefined ? item?.summary?.[summary ?? -1] : item?.content?.[content];
}

function dropEmpty(fields: Json): Json {
  return Object.fromEntries(
    Object.entries(fields).filter(([, value]) => !(Array.isArray(value) && value.length === 0)),
  );
}

function goOn(request: Json, answer: Json, { toolResults = [], user }: NextTurn): Json {
  const { input } = request;
  const asked = typeof input === "string" ? [{ role: "user", content: input }] : (input as unknown[]);
  const output = answer["output"] as Item[];
  const calls = output.filter(({ type }) => type === "function_call");
  const results = toolResults.map((text, index) => ({
    type: "function_call_output",
    call_id: calls[index]?.["call_id"],
    output: text,
  }));
  const said = user === undefined ? [] : [{ role: "user", content: user }];
  return { ...request, input: [...asked, ...output, ...results, ...said] };
}

/** As `openai` speaks it, without a memory at the server. */
export const responsesClient: MatrixClient = {
  name: "responses",
  path: "/v1/responses",
  headers: { authorization: "Bearer client-key" },
  streamFields: { stream: true },
  accumulate,
  shorten,
  goOn,
};
