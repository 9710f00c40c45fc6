import { HeadgateError } from "../../errors.ts";
import type { Part } from "../../reply.ts";
import { encodeDelta, maxHeldChars, type Block } from "./block-queue.ts";
import { createJsonEnd, type JsonEnd } from "./json-end.ts";
import { toCallId, toToolUseStart, wrapInvalid } from "./to-blocks.ts";

/** A `tool_use` block. It may end for the next block once its arguments are a whole JSON object. */
export class ToolBlock implements Block {
  readonly index: number;
  readonly #callId: string;
  readonly #end: JsonEnd = createJsonEnd();
  #id: string | undefined;
  #name: string | undefined;
  #signature: string | undefined;
  /** Arguments that are not out: white space so far, or what is no object. */
  #kept = "";

  /** @param callIndex the part's, by which a missing id is made up */
  constructor(index: number, requestId: string, callIndex: number) {
    this.index = index;
    this.#callId = toCallId(requestId, callIndex);
  }

  /** Returns the event for the part, if there is one. */
  read({ id, name, signature, arguments: text }: Extract<Part, { type: "tool-call" }>): string {
    this.#id ||= id;
    this.#name ||= name;
    this.#signature ??= signature;
    if (text === "") return "";
    this.#end.feed(text);
    const { state } = this.#end;
    this.#kept += text;
    if (state === "open" || state === "ended") return this.#takeKept();
    if (this.#kept.length > maxHeldChars) throw new HeadgateError("provider_response_too_large");
    return "";
  }

  toStart(isOver: boolean): Record<string, unknown> | undefined {
    if (this.#name === undefined && !isOver) return undefined;
    return toToolUseStart({ id: this.#id || this.#callId, name: this.#name ?? "", signature: this.#signature });
  }

  mayEnd(): boolean {
    return this.#end.state === "ended";
  }

  complete(): string {
    if (this.#end.state !== "other") return "";
    this.#kept = JSON.stringify(wrapInvalid(this.#kept));
    return this.#takeKept();
  }

  #takeKept(): string {
    const text = this.#kept;
    this.#kept = "";
    return encodeDelta(this.index, "input_json_delta", "partial_json", text);
  }
}
