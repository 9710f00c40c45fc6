import { HeadgateError } from "../../errors.ts";
import { isRecord } from "../../json.ts";
import type { Part } from "../../reply.ts";
import type { AnswerReader, ReadEvent } from "../wire/answer-reader.ts";
import { expectRecord, expectText } from "../wire/expect-shape.ts";
import { parseObject } from "../wire/parse-object.ts";
import { findInBandError } from "../wire/provider-failure.ts";
import { toFinishReason, type Ending } from "./finish-reason.ts";
import { ItemReader } from "./item-reader.ts";
import { parseUsage } from "./parse-usage.ts";
import { readEnding } from "./read-ending.ts";
import { toResponseFailure } from "./response-failure.ts";
import type { VendorTraits } from "./vendor-traits.ts";

type Fields = Readonly<Record<string, unknown>>;

export interface ResponseReaderOptions {
  readonly peer: string;
  readonly traits: VendorTraits;
}

/** Reads the events of one streamed response. */
export function createResponseReader({ peer, traits }: ResponseReaderOptions): AnswerReader {
  const items = new ItemReader(traits);
  const toKey = createKeys();
  let ending: (Ending & { readonly response: Fields }) | undefined;

  function finish(response: unknown): ReadEvent {
    if (!isRecord(response)) {
      throw new HeadgateError("provider_protocol", { detail: `${peer} ended its stream without the response.` });
    }
    ending = { ...readEnding(peer, response), response };
    return { type: "done" };
  }

  return {
    get hasReason() {
      return ending !== undefined;
    },
    read: (event) => {
      const data = event.data.trim();
      if (data === "[DONE]") return { type: "done" };
      if (data === "") return { type: "ignored" };
      const body = parseObject(data, peer, "streamed an event");
      const type = body["type"] ?? event.event;
      switch (type) {
        case "response.completed":
        case "response.incomplete":
        case "response.failed":
        case "response.done":
          return finish(body["response"]);
        case "error":
          throw toResponseFailure(peer, isRecord(body["error"]) ? body["error"] : withoutType(body));
        case "response.output_item.added":
          return toChunk(beginItem(items, expectRecord(body["item"], peer, "item"), toKey(body)));
        default: {
          expectGrowth(type, body, peer);
          const parts = readGrowth(items, type, body, toKey(body));
          if (parts) return { type: "chunk", parts };
          const failure = findInBandError(peer, body);
          if (failure) throw failure;
          return isVendorTool(type) ? toChunk(undefined) : { type: "ignored" };
        }
      }
    },
    end: () => {
      if (!ending) {
        throw new HeadgateError("stream_cut", { detail: `${peer} ended its stream in the middle of the answer.` });
      }
      const { response, status, incompleteReason } = ending;
      const rest = items.finishAll(response["output"]);
      const usage = parseUsage(response["usage"], response["service_tier"]);
      const reason = toFinishReason(ending, items);
      return [
        ...rest,
        ...(usage ? [{ type: "usage", usage } as const] : []),
        { type: "finish", reason, rawReason: incompleteReason ?? status },
      ];
    },
  };
}

/** Undefined: the item is nothing that parts tell of. */
function beginItem(items: ItemReader, item: Fields | undefined, key: unknown): Part[] | undefined {
  return item ? items.begin(key, item) : [];
}

function toChunk(parts: Part[] | undefined): ReadEvent {
  return parts ? { type: "chunk", parts } : { type: "chunk", parts: [], isOpaque: true };
}

/** What an event adds to an item. Undefined: the event adds nothing that parts tell of. */
function readGrowth(items: ItemReader, type: unknown, body: Fields, key: unknown): Part[] | undefined {
  const { delta, content_index: content = 0 } = body;
  const text = typeof delta === "string" ? delta : "";
  switch (type) {
    case "response.output_text.delta":
      return items.message(key).addText(content, text, body["logprobs"]);
    case "response.output_text.done":
      return items.message(key).finishContent(content, { text: body["text"], logprobs: body["logprobs"] });
    case "response.output_text.annotation.added":
      return items.message(key).addAnnotation(content, body["annotation"]);
    case "response.refusal.delta":
      return items.message(key).addRefusal(content, text);
    case "response.refusal.done":
      return items.message(key).finishContent(content, { type: "refusal", refusal: body["refusal"] });
    case "response.content_part.done":
      return isMessagePart(body["part"]) ? items.message(key).finishContent(content, body["part"]) : [];
    case "response.reasoning_summary_text.delta":
      return items.reasoning(key).addText(`summary${toIndex(body["summary_index"])}`, text);
    case "response.reasoning_text.delta":
      return items.reasoning(key).addText(`content${toIndex(content)}`, text);
    case "response.function_call_arguments.delta":
    case "response.custom_tool_call_input.delta":
      return items.call(key)?.addDelta(text) ?? [];
    case "response.output_item.done":
      return isRecord(body["item"]) ? items.finish(key, body["item"]) : [];
    default:
      return undefined;
  }
}

/** @throws HeadgateError `provider_protocol` if the event is garbled */
function expectGrowth(type: unknown, { delta, item }: Fields, peer: string): void {
  if (textDeltas.has(type)) expectText(delta, peer, "delta");
  else if (type === "response.output_item.done") expectRecord(item, peer, "item");
}

const textDeltas: ReadonlySet<unknown> = new Set([
  "response.output_text.delta",
  "response.refusal.delta",
  "response.reasoning_summary_text.delta",
  "response.reasoning_text.delta",
  "response.function_call_arguments.delta",
  "response.custom_tool_call_input.delta",
]);

/** What the vendor's own tools do, such as `response.web_search_call.searching`. */
function isVendorTool(type: unknown): boolean {
  return typeof type === "string" && vendorTool.test(type);
}

const vendorTool = /^response\.(?:web_search|file_search|code_interpreter|image_generation|computer|shell|mcp)_call/;

function isMessagePart(part: unknown): part is Fields {
  return isRecord(part) && (part["type"] === "output_text" || part["type"] === "refusal");
}

function toIndex(value: unknown): number {
  return typeof value === "number" ? value : 0;
}

// In an error event that is flat, `type` says only that.
function withoutType({ type: _type, ...error }: Fields): Fields {
  return error;
}

/** Which item an event belongs to: by its place; ids change from event to event at some servers. */
function createKeys(): (body: Fields) => unknown {
  const places = new Map<unknown, unknown>();
  return ({ output_index: place, item_id: id, item }) => {
    const ownId = isRecord(item) ? item["id"] : id;
    if (place === undefined) return places.get(ownId) ?? ownId;
    if (isRecord(item)) places.set(ownId, place);
    return place;
  };
}
