import { isRecord } from "../../json.ts";
import type { Part } from "../../reply.ts";
import type { Held } from "./finish-reason.ts";
import { createMessageReader, type MessageReader, type SaidText } from "./message-reader.ts";
import { createReasoningReader, type ReasoningReader } from "./reasoning-reader.ts";
import { createToolCallReader, type ToolCallReader } from "./tool-call-reader.ts";
import type { VendorTraits } from "./vendor-traits.ts";

type Fields = Readonly<Record<string, unknown>>;

/**
 * Reads the items of one answer: as they grow in a stream, when they are done, and once more in the whole response.
 * Whatever is told several times comes out once.
 */
export class ItemReader implements Held {
  readonly #traits: VendorTraits;
  readonly #messages = new Map<unknown, MessageReader>();
  readonly #reasonings = new Map<unknown, ReasoningReader>();
  readonly #calls = new Map<unknown, ToolCallReader>();
  readonly #callsById = new Map<unknown, ToolCallReader>();
  readonly #said: SaidText = { chars: 0, isRefusal: false };

  constructor(traits: VendorTraits) {
    this.#traits = traits;
  }

  get hasToolCalls(): boolean {
    return this.#calls.size > 0;
  }

  get isRefusal(): boolean {
    return this.#said.isRefusal;
  }

  /** An item begins. Undefined: not one that parts tell of, but a tool of the vendor's own at work. */
  begin(key: unknown, item: Fields): Part[] | undefined {
    if (this.#isClientCall(item)) return this.#beginCall(key, item);
    return item["type"] === "message" || item["type"] === "reasoning" ? [] : undefined;
  }

  message(key: unknown): MessageReader {
    return findOrAdd(this.#messages, key, () => createMessageReader(this.#said));
  }

  reasoning(key: unknown): ReasoningReader {
    return findOrAdd(this.#reasonings, key, () => createReasoningReader(this.#traits.reasoningVendor));
  }

  /** Undefined for a call that has not begun, or is not the client's. */
  call(key: unknown): ToolCallReader | undefined {
    return this.#calls.get(key);
  }

  /** An item is whole: what of it has not been told before. */
  finish(key: unknown, item: Fields): Part[] {
    if (item["type"] === "message") return this.message(key).finish(item);
    if (item["type"] === "reasoning") return this.reasoning(key).finish(item);
    if (!this.#isClientCall(item)) return [];
    const begun = this.#beginCall(key, item);
    return [...begun, ...this.#calls.get(key)!.finish(toArguments(item))];
  }

  /** The response is whole: what of its output has not been told before. */
  finishAll(output: unknown): Part[] {
    const items = Array.isArray(output) ? output.filter(isRecord) : [];
    const untold = items.filter((item) => this.#isUntold(item));
    return [...this.#finishOpen(items), ...untold.flatMap((item, index) => this.finish(`whole ${index}`, item))];
  }

  /** Calls and stretches of reasoning that began and whose end no event told. */
  #finishOpen(items: readonly Fields[]): Part[] {
    const thoughts = items.filter(({ type }) => type === "reasoning");
    const calls = items.filter((item) => this.#isClientCall(item));
    return [
      ...[...this.#reasonings.values()].flatMap((reader, index) => reader.finish(thoughts[index] ?? {})),
      ...calls.flatMap((item) => this.#callsById.get(toCallId(item))?.finish(toArguments(item)) ?? []),
    ];
  }

  // Servers disagree on ids and places of the same item, so that only what was not told at all is told now.
  #isUntold(item: Fields): boolean {
    if (item["type"] === "message") return this.#messages.size === 0;
    if (item["type"] === "reasoning") return this.#reasonings.size === 0;
    return this.#isClientCall(item) && !this.#callsById.has(toCallId(item));
  }

  #isClientCall({ type }: Fields): boolean {
    return type === "function_call" || (type === "custom_tool_call" && !this.#traits.runsCustomTools);
  }

  #beginCall(key: unknown, item: Fields): Part[] {
    if (this.#calls.has(key)) return [];
    const id = toCallId(item);
    const isCustom = item["type"] === "custom_tool_call";
    const call = createToolCallReader({ index: this.#calls.size, id, name: item["name"], isCustom });
    this.#calls.set(key, call);
    this.#callsById.set(id, call);
    return call.begin();
  }
}

function toCallId(item: Fields): unknown {
  return item["call_id"] ?? item["id"];
}

function toArguments(item: Fields): unknown {
  return item["type"] === "custom_tool_call" ? item["input"] : item["arguments"];
}

function findOrAdd<Value>(map: Map<unknown, Value>, key: unknown, create: () => Value): Value {
  const known = map.get(key);
  if (known !== undefined) return known;
  const value = create();
  map.set(key, value);
  return value;
}
