import type { ReasoningBlock } from "../../message.ts";
import type { Part, Source, TokenLogprob } from "../../reply.ts";
import type { EventSequence } from "./event-sequence.ts";
import {
  toAnnotation,
  toCallItem,
  toLogprobs,
  toMessageItem,
  toReasoningItem,
  toContentPart,
  type ItemStatus,
  type OutputItem,
} from "./output-items.ts";

/** An item of the answer while it grows: every method gives the events that tell of it. */
export interface OpenItem {
  close(status: ItemStatus): string;
  /** As far as it has come. */
  toItem(status: ItemStatus): OutputItem;
}

export interface ItemPlace {
  readonly events: EventSequence;
  readonly id: string;
  /** In the answer's `output`. */
  readonly index: number;
}

// What is the same in all events of an item is put together once.
function describe({ id, index }: ItemPlace): { readonly item: string; readonly output: string } {
  const output = `"output_index":${index}`;
  return { output, item: `"item_id":"${id}",${output}` };
}

function writeItem({ events, index }: ItemPlace, event: "added" | "done", item: OutputItem): string {
  return events.write(`response.output_item.${event}`, `"output_index":${index},"item":${JSON.stringify(item)}`);
}

export class OpenMessage implements OpenItem {
  readonly #place: ItemPlace;
  /** UTF-16 units of text in the messages before. */
  readonly #textOffset: number;
  readonly #at: string;
  /** All of a message is, or none of it. */
  readonly isRefusal: boolean;
  readonly #annotations: unknown[] = [];
  readonly #logprobs: unknown[] = [];
  #text = "";

  constructor(place: ItemPlace, textOffset: number, isRefusal = false) {
    this.#place = place;
    this.isRefusal = isRefusal;
    this.#textOffset = textOffset;
    this.#at = `${describe(place).item},"content_index":0`;
  }

  get textEnd(): number {
    return this.#textOffset + this.#text.length;
  }

  open(): string {
    return writeItem(this.#place, "added", toMessageItem(this.#place.id, "in_progress", [])) + this.#openPart();
  }

  #openPart(): string {
    const { isRefusal } = this;
    const part = JSON.stringify(toContentPart({ isRefusal, text: "", annotations: [], logprobs: [] }));
    return this.#place.events.write("response.content_part.added", `${this.#at},"part":${part}`);
  }

  /**
   * Takes over a message that another began. Returns the events that it lacks to go on; undefined if it had said all.
   * @param lastEvent the type of the last one that the client has seen of it
   */
  resume(text: string, lastEvent: unknown): string | undefined {
    this.#text = text;
    if (lastEvent === "response.output_text.done" || lastEvent === "response.content_part.done") return undefined;
    return lastEvent === "response.output_item.added" ? this.#openPart() : "";
  }

  /** The rest of the events of `close`, of which the client has seen the first. @param lastEvent the last that it has seen */
  closeRest(lastEvent: unknown): string {
    const part = lastEvent === "response.output_text.done" ? this.#closePart() : "";
    return part + writeItem(this.#place, "done", this.toItem("completed"));
  }

  append(text: string, logprobs: readonly TokenLogprob[] | undefined): string {
    this.#text += text;
    if (this.isRefusal) {
      return this.#place.events.write("response.refusal.delta", `${this.#at},"delta":${JSON.stringify(text)}`);
    }
    let told = "[]";
    if (logprobs) {
      const foreign = toLogprobs(logprobs);
      this.#logprobs.push(...foreign);
      told = JSON.stringify(foreign);
    }
    const fields = `${this.#at},"delta":${JSON.stringify(text)},"logprobs":${told}`;
    return this.#place.events.write("response.output_text.delta", fields);
  }

  cite(source: Source): string {
    const annotation = toAnnotation(source, this.#textOffset);
    const index = this.#annotations.push(annotation) - 1;
    const fields = `${this.#at},"annotation_index":${index},"annotation":${JSON.stringify(annotation)}`;
    return this.#place.events.write("response.output_text.annotation.added", fields);
  }

  close(status: ItemStatus): string {
    const { events } = this.#place;
    const [text, logprobs] = [JSON.stringify(this.#text), JSON.stringify(this.#logprobs)];
    return (
      (this.isRefusal
        ? events.write("response.refusal.done", `${this.#at},"refusal":${text}`)
        : events.write("response.output_text.done", `${this.#at},"text":${text},"logprobs":${logprobs}`)) +
      this.#closePart() +
      writeItem(this.#place, "done", this.toItem(status))
    );
  }

  #closePart(): string {
    const part = JSON.stringify(toContentPart(this.#content));
    return this.#place.events.write("response.content_part.done", `${this.#at},"part":${part}`);
  }

  toItem(status: ItemStatus): OutputItem {
    return toMessageItem(this.#place.id, status, [this.#content]);
  }

  get #content(): Parameters<typeof toContentPart>[0] {
    return { isRefusal: this.isRefusal, text: this.#text, annotations: this.#annotations, logprobs: this.#logprobs };
  }
}

export class OpenReasoning implements OpenItem {
  readonly #place: ItemPlace;
  readonly #at: string;
  #text = "";
  #block: ReasoningBlock | undefined;

  constructor(place: ItemPlace) {
    this.#place = place;
    this.#at = `${describe(place).item},"summary_index":0`;
  }

  open(): string {
    return writeItem(this.#place, "added", this.toItem());
  }

  append(text: string): string {
    const { events } = this.#place;
    const begin =
      this.#text === ""
        ? events.write("response.reasoning_summary_part.added", `${this.#at},"part":${toSummaryPart("")}`)
        : "";
    this.#text += text;
    return begin + events.write("response.reasoning_summary_text.delta", `${this.#at},"delta":${JSON.stringify(text)}`);
  }

  /** What the stretch of reasoning was in the end, with what seals it. */
  seal(block: ReasoningBlock): string {
    this.#block = block;
    return this.#text === "" && block.text !== "" ? this.append(block.text) : "";
  }

  close(): string {
    const { events } = this.#place;
    const text =
      this.#text === ""
        ? ""
        : events.write("response.reasoning_summary_text.done", `${this.#at},"text":${JSON.stringify(this.#text)}`) +
          events.write("response.reasoning_summary_part.done", `${this.#at},"part":${toSummaryPart(this.#text)}`);
    return text + writeItem(this.#place, "done", this.toItem());
  }

  toItem(): OutputItem {
    return toReasoningItem(this.#place.id, { vendor: "other", ...this.#block, text: this.#text });
  }
}

/** The event that ends a stretch of reasoning that another began: what is thought from here on is an item of its own. */
export function closeRelayedReasoning(place: ItemPlace, item: OutputItem): string {
  return writeItem(place, "done", item);
}

function toSummaryPart(text: string): string {
  return JSON.stringify({ type: "summary_text", text });
}

type CallPart = Extract<Part, { type: "tool-call" }>;

export class OpenCall implements OpenItem {
  readonly #place: ItemPlace;
  readonly #at: string;
  readonly #call: { id: string; name: string; arguments: string; signature?: string };

  constructor(place: ItemPlace, id: string) {
    this.#place = place;
    this.#at = describe(place).item;
    this.#call = { id, name: "", arguments: "" };
  }

  open(part: CallPart): string {
    this.#call.id = part.id || this.#call.id;
    this.#call.name = part.name ?? "";
    // The id is announced now: a signature that comes later comes too late for it.
    this.#call.signature = part.signature;
    return writeItem(this.#place, "added", toCallItem(this.#place.id, "in_progress", this.#call));
  }

  append(text: string): string {
    if (text === "") return "";
    this.#call.arguments += text;
    const fields = `${this.#at},"delta":${JSON.stringify(text)}`;
    return this.#place.events.write("response.function_call_arguments.delta", fields);
  }

  close(status: ItemStatus): string {
    const { name, arguments: text } = this.#call;
    const fields = `${this.#at},"name":${JSON.stringify(name)},"arguments":${JSON.stringify(text)}`;
    return (
      this.#place.events.write("response.function_call_arguments.done", fields) +
      writeItem(this.#place, "done", this.toItem(status))
    );
  }

  toItem(status: ItemStatus): OutputItem {
    return toCallItem(this.#place.id, status, this.#call);
  }
}
