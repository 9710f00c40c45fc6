import { maxJsonDepth } from "../../json.ts";

export type ValueKind = "object" | "array" | "string" | "scalar";

/**
 * What the reader should do with a value: tell of it piece by piece, hand over its text when it is complete, pass over
 * it, or stop for good.
 */
export type Treatment = "stream" | "hold" | "skip" | "stop";

/** Hears of one object as it arrives. Methods that return a boolean stop the reader with `false`. */
export interface JsonListener {
  begin(kind: ValueKind): Treatment;
  key(name: string): boolean;
  /** A piece of a streamed string, decoded; never ends in half a surrogate pair. */
  text(piece: string): void;
  /** The streamed string, object or array is complete. */
  end(): boolean;
  /** A held value is complete; `raw` is its JSON text. */
  held(raw: string): boolean;
}

type State =
  | "seek"
  | "first-key"
  | "key"
  | "key-text"
  | "colon"
  | "value"
  | "first-item"
  | "text"
  | "raw"
  | "after"
  | "pass-over";

/**
 * Reads the first JSON object in text that arrives in pieces, behind prose or a code fence. One pass, no look-back.
 * Strict, except for line breaks in strings, which models write and repair mends to the same value.
 */
export class JsonReader {
  /** `open` until the object is complete (`closed`) or can no longer be read (`stopped`). */
  status: "open" | "closed" | "stopped" = "open";
  readonly #listener: JsonListener;
  readonly #open: ("object" | "array")[] = [];
  #state: State = "seek";
  #lastSeen = "";
  #isKey = false;
  #key = "";
  #escape = "";
  #highSurrogate = "";
  #raw = "";
  #rawDepth = 0;
  #rawKind: ValueKind = "scalar";
  #isRawKept = false;
  #isRawQuoted = false;
  #isRawEscaped = false;

  constructor(listener: JsonListener) {
    this.#listener = listener;
  }

  /** Reads on from `from`; returns where it stopped, which is the chunk's end while the object is open. */
  write(chunk: string, from = 0): number {
    let at = from;
    while (at < chunk.length && this.status === "open") at = this.#step(chunk, at);
    return at;
  }

  #step(chunk: string, at: number): number {
    switch (this.#state) {
      case "seek":
        return this.#seek(chunk, at);
      case "pass-over":
        return this.#passOver(chunk, at);
      case "text":
      case "key-text":
        return this.#readText(chunk, at);
      case "raw":
        return this.#readRaw(chunk, at);
      default:
        return isSpace(chunk.charCodeAt(at)) ? at + 1 : this.#readMark(chunk, at);
    }
  }

  #seek(chunk: string, from: number): number {
    for (let at = from; at < chunk.length; at++) {
      const code = chunk.charCodeAt(at);
      if (code === 123) {
        // An array of objects is not an answer, nor is its first item.
        if (this.#lastSeen === "[") return this.#stop(at);
        this.#open.push("object");
        this.#state = "first-key";
        return at + 1;
      }
      if (!isSpace(code)) this.#lastSeen = chunk[at]!;
    }
    return chunk.length;
  }

  // `{placeholder}` in prose: what follows may still be the answer.
  #passOver(chunk: string, from: number): number {
    const end = chunk.indexOf("}", from);
    if (end === -1) return chunk.length;
    this.#state = "seek";
    return end + 1;
  }

  #readMark(chunk: string, at: number): number {
    const mark = chunk[at]!;
    switch (this.#state) {
      case "first-key":
        return this.#readFirstKey(mark, at);
      case "key":
        return mark === '"' ? this.#beginKey(at) : this.#stop(at);
      case "colon":
        this.#state = "value";
        return mark === ":" ? at + 1 : this.#stop(at);
      case "after":
        return this.#readAfter(mark, at);
      default:
        if (mark === "]" && this.#state === "first-item") return this.#close(at);
        return this.#beginValue(mark, at);
    }
  }

  #readFirstKey(mark: string, at: number): number {
    const isRoot = this.#open.length === 1;
    if (mark !== '"' && mark !== "}") {
      if (!isRoot || mark === "'") return this.#stop(at);
      this.#open.pop();
      this.#state = "pass-over";
      return at;
    }
    if (isRoot && this.#listener.begin("object") !== "stream") return this.#stop(at);
    return mark === '"' ? this.#beginKey(at) : this.#close(at);
  }

  #readAfter(mark: string, at: number): number {
    const isObject = this.#open.at(-1) === "object";
    if (mark === ",") {
      this.#state = isObject ? "key" : "value";
      return at + 1;
    }
    return mark === (isObject ? "}" : "]") ? this.#close(at) : this.#stop(at);
  }

  #beginKey(at: number): number {
    this.#isKey = true;
    this.#key = "";
    this.#state = "key-text";
    return at + 1;
  }

  #beginValue(mark: string, at: number): number {
    const kind: ValueKind = mark === "{" ? "object" : mark === "[" ? "array" : mark === '"' ? "string" : "scalar";
    if (kind === "scalar" && !scalarStart.test(mark)) return this.#stop(at);
    const treatment = this.#listener.begin(kind);
    if (treatment === "stop" || (treatment === "stream" && kind === "scalar")) return this.#stop(at);
    if (treatment !== "stream") {
      this.#raw = "";
      this.#rawDepth = 0;
      this.#rawKind = kind;
      this.#isRawKept = treatment === "hold";
      this.#isRawQuoted = false;
      this.#isRawEscaped = false;
      this.#state = "raw";
      return at;
    }
    if (kind === "string") {
      this.#isKey = false;
      this.#state = "text";
      return at + 1;
    }
    this.#open.push(kind === "object" ? "object" : "array");
    if (this.#open.length > maxJsonDepth) return this.#stop(at);
    this.#state = kind === "object" ? "first-key" : "first-item";
    return at + 1;
  }

  #close(at: number): number {
    this.#open.pop();
    this.#state = "after";
    const isWelcome = this.#listener.end();
    if (this.#open.length === 0) this.status = "closed";
    else if (!isWelcome) return this.#stop(at);
    return at + 1;
  }

  #stop(at: number): number {
    this.status = "stopped";
    return at;
  }

  #readText(chunk: string, from: number): number {
    if (this.#escape !== "") return this.#readEscape(chunk, from);
    let at = from;
    let code = 0;
    for (; at < chunk.length; at++) {
      code = chunk.charCodeAt(at);
      if (code === 34 || code === 92 || (code < 32 && code !== 10 && code !== 9 && code !== 13)) break;
    }
    if (at > from) this.#emitText(chunk.slice(from, at));
    if (at === chunk.length) return at;
    if (code === 92) {
      this.#escape = "\\";
      return at + 1;
    }
    return code === 34 ? this.#endText(at) : this.#stop(at);
  }

  #readEscape(chunk: string, at: number): number {
    this.#escape += chunk[at]!;
    if (this.#escape[1] !== "u") {
      const decoded = simpleEscapes[this.#escape[1]!];
      if (decoded === undefined) return this.#stop(at);
      this.#escape = "";
      this.#emitText(decoded);
    } else if (this.#escape.length === 6) {
      const hex = this.#escape.slice(2);
      if (!fourHexDigits.test(hex)) return this.#stop(at);
      this.#escape = "";
      this.#emitText(String.fromCharCode(Number.parseInt(hex, 16)));
    }
    return at + 1;
  }

  // Half a surrogate pair waits for its other half; one that stays alone becomes U+FFFD, as in the whole answer.
  #emitText(piece: string): void {
    const text = this.#highSurrogate + piece;
    const last = text.charCodeAt(text.length - 1);
    const isHalf = last >= 0xd800 && last <= 0xdbff;
    this.#highSurrogate = isHalf ? text.slice(-1) : "";
    this.#deliverText((isHalf ? text.slice(0, -1) : text).toWellFormed());
  }

  #deliverText(text: string): void {
    if (text === "") return;
    if (this.#isKey) this.#key += text;
    else this.#listener.text(text);
  }

  #endText(at: number): number {
    if (this.#highSurrogate !== "") {
      this.#highSurrogate = "";
      this.#deliverText("\ufffd");
    }
    this.#state = this.#isKey ? "colon" : "after";
    const isWelcome = this.#isKey ? this.#listener.key(this.#key) : this.#listener.end();
    return isWelcome ? at + 1 : this.#stop(at);
  }

  #readRaw(chunk: string, from: number): number {
    const end = this.#findRawEnd(chunk, from);
    if (this.#isRawKept) this.#raw += chunk.slice(from, end === -1 ? chunk.length : end);
    if (end === -1) return chunk.length;
    this.#state = "after";
    const raw = this.#raw;
    this.#raw = "";
    return !this.#isRawKept || this.#listener.held(raw) ? end : this.#stop(end);
  }

  #findRawEnd(chunk: string, from: number): number {
    for (let at = from; at < chunk.length; at++) {
      const code = chunk.charCodeAt(at);
      if (this.#rawKind === "scalar") {
        if (code === 44 || code === 125 || code === 93 || isSpace(code)) return at;
      } else if (this.#isRawQuoted) {
        if (this.#isRawEscaped) this.#isRawEscaped = false;
        else if (code === 92) this.#isRawEscaped = true;
        else if (code === 34) {
          this.#isRawQuoted = false;
          if (this.#rawDepth === 0) return at + 1;
        }
      } else if (code === 34) this.#isRawQuoted = true;
      else if (code === 123 || code === 91) this.#rawDepth++;
      else if ((code === 125 || code === 93) && --this.#rawDepth === 0) return at + 1;
    }
    return -1;
  }
}

const scalarStart = /[-0-9tfn]/;
const fourHexDigits = /^[0-9a-fA-F]{4}$/;

const simpleEscapes: Readonly<Record<string, string>> = {
  '"': '"',
  "\\": "\\",
  "/": "/",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
};

function isSpace(code: number): boolean {
  return code === 32 || code === 10 || code === 13 || code === 9;
}
