import { HeadgateError } from "../../errors.ts";
import type { ReasoningBlock } from "../../message.ts";
import type { FinishReason, Part, Source, Usage } from "../../reply.ts";
import type { DialectHead, PartWriter, RescueNote } from "../dialect.ts";
import { createEventSequence } from "./event-sequence.ts";
import { createItemIds, type ItemIds, type ItemKind } from "./item-ids.ts";
import {
  closeRelayedReasoning,
  OpenCall,
  OpenMessage,
  OpenReasoning,
  type ItemPlace,
  type OpenItem,
} from "./open-items.ts";
import { toStatus, type OutputItem } from "./output-items.ts";
import type { ParsedResponsesRequest } from "./parse-responses-request.ts";
import { countText, joinOpenReasoning, RelayedItems, type OpenRelayedItem } from "./relayed-items.ts";
import { toResponseObject, type ResponseObject, type ResponseState } from "./response-object.ts";
import { writeErrorFields } from "./write-error.ts";

/** How an answer that is whole is told to the client. */
export interface Settlement {
  readonly completedAtMs: number;
  readonly isStored: boolean;
}

export interface ResponseWriter extends PartWriter {
  /** Says what the last event has to tell that the parts do not; between `finish` and `end`. */
  settle(settlement: Settlement): ResponseObject;
  /** The events that end a stream that failed: `error`, then `response.failed` with what there is of the answer. */
  fail(error: HeadgateError): string;
}

// The events that end the stream repeat all of an answer, so all of it is held.
const mostAnswerChars = 16 * 1024 * 1024;
/** What an item or a citation takes beside its text, and a token's log-probability: about. */
const charsOfItem = 200;
const charsOfLogprob = 100;

type WriterRequest = Pick<ParsedResponsesRequest, "echo" | "isStored">;

/** Turns the typed parts of one answer into OpenAI's events. */
export function createResponseWriter(head: DialectHead, request: WriterRequest): ResponseWriter {
  return new ResponseEvents(head, request);
}

class ResponseEvents implements ResponseWriter {
  #head: DialectHead;
  readonly #request: WriterRequest;
  #events = createEventSequence();
  readonly #ids: ItemIds;
  /** In order of their beginning. */
  readonly #items: OpenItem[] = [];
  /** Items that are closed, by index. */
  readonly #closed = new Map<number, OutputItem>();
  readonly #calls = new Map<number, OpenCall | WaitingCall>();
  #message: OpenMessage | undefined;
  #reasoning: OpenReasoning | undefined;
  #sources: Source[] = [];
  #textEnd = 0;
  #chars = 0;
  #hasBegun = false;
  /** Undefined before the first word; whether all of them are a refusal's. */
  #isRefusal: boolean | undefined;
  #usage: Usage | undefined;
  #finishReason: FinishReason | undefined;
  #settlement: Settlement | undefined;
  #relayed: RelayedItems | undefined;
  /** What the vendor calls an answer that it began. */
  #id: string | undefined;
  #rescue: RescueNote | undefined;

  constructor(head: DialectHead, request: WriterRequest) {
    this.#head = head;
    this.#request = request;
    this.#ids = createItemIds(head.requestId);
  }

  write(part: Part): string {
    switch (part.type) {
      case "text":
        return this.#begin() + this.#writeText(part);
      case "reasoning":
        return this.#begin() + this.#writeReasoning(part.text);
      case "reasoning-block":
        return this.#begin() + this.#sealReasoning(part.block);
      case "source":
        return this.#begin() + this.#cite(part.source);
      case "tool-call":
        return this.#begin() + this.#writeCall(part);
      case "usage":
        this.#usage = part.usage;
        return "";
      case "resumed":
        return this.#resume(part);
      case "finish":
        return this.#begin() + this.#finish(part.reason);
      default:
        return "";
    }
  }

  watch(bytes: Uint8Array): void {
    this.#relayed ??= new RelayedItems();
    this.#relayed.watch(bytes);
  }

  settle(settlement: Settlement): ResponseObject {
    this.#settlement = settlement;
    return this.#toResponse({ finishReason: this.#finishReason });
  }

  end(): string {
    const reason = this.#finishReason ?? "other";
    const response = this.#toResponse({ finishReason: reason });
    return this.#events.write(
      `response.${toStatus(reason, this.#isRefusal)}`,
      `"response":${JSON.stringify(response)}`,
    );
  }

  fail(error: HeadgateError): string {
    const begin = this.#begin();
    const response = JSON.stringify(this.#toResponse({ error, isStored: false }));
    return (
      begin +
      this.#events.write("error", writeErrorFields(error)) +
      this.#events.write("response.failed", `"response":${response}`)
    );
  }

  #toResponse(state: Omit<ResponseState, "output">): ResponseObject {
    const output = this.#items.map((item, index) => this.#closed.get(index) ?? item.toItem("incomplete"));
    return toResponseObject(this.#head, this.#request, {
      usage: this.#usage,
      isRefusal: this.#isRefusal,
      ...(this.#id === undefined ? {} : { id: this.#id }),
      ...(this.#rescue ? { rescue: this.#rescue } : {}),
      ...this.#settlement,
      ...state,
      output,
    });
  }

  #resume({ sent, target: { model } }: ResumedPart): string {
    const taken = this.#relayed?.hasBegun ? this.#takeOver(this.#relayed, sent) : "";
    this.#relayed = undefined;
    this.#head = { ...this.#head, model };
    this.#rescue = { rescued: true, model };
    // What another model thinks is an item of its own.
    return taken + this.#closeReasoning();
  }

  #takeOver(relayed: RelayedItems, sent: readonly Part[]): string {
    const { id, createdAtMs, nextSequenceNumber, done, open } = relayed.read();
    const text = sent.map((part) => (part.type === "text" ? part.text : "")).join("");
    const textOffset = done.reduce((chars, item) => chars + countText(item), 0);
    if (textOffset > text.length) throw new HeadgateError("stream_cut");
    this.#hasBegun = true;
    this.#id = id;
    this.#head = { ...this.#head, createdAtMs: createdAtMs ?? this.#head.createdAtMs };
    this.#events = createEventSequence(nextSequenceNumber);
    if (text !== "") this.#isRefusal = false;
    this.#count(text.length);
    for (const item of done) this.#addDone(item);
    this.#textEnd = open ? textOffset : text.length;
    return open ? this.#takeOverItem(open, text.slice(textOffset), sent) : "";
  }

  #addDone(item: OutputItem): void {
    this.#count(charsOfItem);
    this.#closed.set(this.#items.length, item);
    this.#items.push({ toItem: () => item, close: () => "" });
  }

  #takeOverItem({ item, lastEvent }: OpenRelayedItem, text: string, sent: readonly Part[]): string {
    const place: ItemPlace = { events: this.#events, id: item.id, index: this.#items.length };
    if (item.type === "reasoning") {
      const thought = joinOpenReasoning(sent);
      const whole = { ...item, summary: thought === "" ? [] : [{ type: "summary_text", text: thought }] };
      this.#addDone(whole);
      return closeRelayedReasoning(place, whole);
    }
    if (item.type !== "message") throw new HeadgateError("stream_cut");
    const message = new OpenMessage(place, this.#textEnd);
    const events = message.resume(text, lastEvent);
    if (events !== undefined) {
      this.#items.push(message);
      this.#message = message;
      return events;
    }
    this.#textEnd = message.textEnd;
    this.#addDone(message.toItem("completed"));
    return message.closeRest(lastEvent);
  }

  #begin(): string {
    if (this.#hasBegun) return "";
    this.#hasBegun = true;
    const response = `"response":${JSON.stringify(this.#toResponse({}))}`;
    return this.#events.write("response.created", response) + this.#events.write("response.in_progress", response);
  }

  #writeText({ text, logprobs, isRefusal = false }: TextPart): string {
    if (text === "" && !logprobs) return "";
    this.#isRefusal = isRefusal && this.#isRefusal !== false;
    const opened = this.#openMessage(isRefusal);
    this.#count(text.length + (logprobs?.length ?? 0) * charsOfLogprob);
    return opened + this.#message!.append(text, logprobs);
  }

  #openMessage(isRefusal = false): string {
    if (this.#message?.isRefusal === isRefusal) return "";
    const closed = this.#closeReasoning() + this.#closeMessage("completed");
    const message = new OpenMessage(this.#nextPlace("msg"), this.#textEnd, isRefusal);
    this.#items.push(message);
    this.#message = message;
    // A refusal has no place for them.
    const cited = isRefusal ? [] : this.#sources.splice(0);
    return closed + message.open() + cited.map((source) => message.cite(source)).join("");
  }

  #cite(source: Source): string {
    this.#count(source.url.length + charsOfItem);
    if (this.#message?.isRefusal === false) return this.#message.cite(source);
    // Some vendors name their sources before they say anything.
    this.#sources.push(source);
    return "";
  }

  #writeReasoning(text: string): string {
    if (text === "") return "";
    const opened = this.#openReasoning();
    this.#count(text.length);
    return opened + this.#reasoning!.append(text);
  }

  #openReasoning(): string {
    if (this.#reasoning) return "";
    const closed = this.#closeMessage("completed");
    this.#reasoning = new OpenReasoning(this.#nextPlace("rs"));
    this.#items.push(this.#reasoning);
    return closed + this.#reasoning.open();
  }

  #sealReasoning(block: ReasoningBlock): string {
    const opened = this.#openReasoning();
    this.#count((block.encrypted?.length ?? 0) + (block.signature?.length ?? 0));
    return opened + this.#reasoning!.seal(block) + this.#closeReasoning();
  }

  #writeCall(part: CallPart): string {
    this.#count(part.arguments.length);
    const known = this.#calls.get(part.index);
    if (known instanceof OpenCall) return known.append(part.arguments);
    const waiting: WaitingCall = { ...known, ...part, arguments: (known?.arguments ?? "") + part.arguments };
    // An item is announced with its name, which some vendors send late.
    if (waiting.name) return this.#openCall(waiting);
    this.#calls.set(part.index, waiting);
    return "";
  }

  #openCall(part: WaitingCall): string {
    const closed = this.#closeReasoning() + this.#closeMessage("completed");
    const call = new OpenCall(this.#nextPlace("fc"), this.#ids.call(part.index));
    this.#items.push(call);
    this.#calls.set(part.index, call);
    return closed + call.open(part) + call.append(part.arguments);
  }

  #finish(reason: FinishReason): string {
    this.#finishReason = reason;
    const opened: string[] = [];
    for (const call of this.#calls.values()) if (!(call instanceof OpenCall)) opened.push(this.#openCall(call));
    if (this.#sources.length > 0 && this.#isRefusal !== true) opened.push(this.#openMessage());
    const last = this.#items.length - 1;
    const closed: string[] = [];
    for (const index of this.#items.keys()) {
      if (this.#closed.has(index)) continue;
      // Only the last item can be the one that was cut.
      const isCut = index === last && toStatus(reason, this.#isRefusal) === "incomplete";
      closed.push(this.#close(index, isCut ? "incomplete" : "completed"));
    }
    return [...opened, ...closed].join("");
  }

  #closeReasoning(): string {
    if (!this.#reasoning) return "";
    const index = this.#items.indexOf(this.#reasoning);
    this.#reasoning = undefined;
    return this.#close(index, "completed");
  }

  #closeMessage(status: "completed" | "incomplete"): string {
    if (!this.#message) return "";
    this.#textEnd = this.#message.textEnd;
    const index = this.#items.indexOf(this.#message);
    this.#message = undefined;
    return this.#close(index, status);
  }

  #close(index: number, status: "completed" | "incomplete"): string {
    const item = this.#items[index]!;
    this.#closed.set(index, item.toItem(status));
    return item.close(status);
  }

  #nextPlace(kind: ItemKind): ItemPlace {
    this.#count(charsOfItem);
    const index = this.#items.length;
    return { events: this.#events, id: this.#ids.output(kind, index), index };
  }

  #count(chars: number): void {
    this.#chars += chars;
    if (this.#chars <= mostAnswerChars) return;
    throw new HeadgateError("provider_response_too_large", {
      detail: `The answer has more than ${mostAnswerChars} characters.`,
    });
  }
}

type TextPart = Extract<Part, { type: "text" }>;
type ResumedPart = Extract<Part, { type: "resumed" }>;
type CallPart = Extract<Part, { type: "tool-call" }>;
/** A call whose name has not come yet. */
type WaitingCall = CallPart;
