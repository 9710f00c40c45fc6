import type { Part } from "../../reply.ts";
import { applyDelta } from "../../contract/apply-delta.ts";
import type { CompiledSchema } from "../../endpoint/compile-schema.ts";
import { parseJson } from "../../json.ts";
import { planAnswer, type Plan } from "./answer-plan.ts";
import { JsonReader, type JsonListener, type Treatment, type ValueKind } from "./json-reader.ts";
import { toWellFormedJson } from "./well-formed-json.ts";

export type DeltaPart = Extract<Part, { type: "delta" }>;

interface Frame {
  readonly plan: Plan;
  readonly path: string;
  readonly keys: Set<string>;
  /** Items begun so far, for arrays. */
  count: number;
}

/** Objects in prose that are passed over before the answer. */
const maxPassed = 32;

const reservedFields = new Set(["requestId", "status", "warnings", "citations"]);

/** Turns the growing text of one answer into deltas of the part that is surely valid; falls silent at the first violation. */
export class FieldStream {
  /** What the deltas so far add up to. */
  readonly sent: Record<string, unknown> = {};
  readonly #schema: CompiledSchema;
  readonly #listener: JsonListener;
  readonly #frames: Frame[] = [];
  #reader: JsonReader;
  #field: Plan | undefined;
  #path = "";
  #passed = 0;
  #deltas: DeltaPart[] = [];
  #text: TextProgress | undefined;
  /** The delta that the next piece of the same text joins, if it was not handed out yet. */
  #appended: { readonly type: "delta"; readonly path: string; append: string } | undefined;

  constructor(schema: CompiledSchema) {
    this.#schema = schema;
    this.#listener = {
      begin: (kind) => this.#begin(kind),
      key: (name) => this.#beginField(name),
      text: (piece) => this.#addText(piece),
      end: () => this.#end(),
      held: (raw) => this.#addHeld(raw),
    };
    this.#reader = new JsonReader(this.#listener);
  }

  get hasSent(): boolean {
    for (const _name in this.sent) return true;
    return false;
  }

  write(chunk: string): readonly DeltaPart[] {
    for (let at = 0; at < chunk.length;) {
      at = this.#reader.write(chunk, at);
      // An object of which nothing was worth sending stood in the prose before the answer.
      if (this.#reader.status !== "closed" || this.hasSent || this.#deltas.length > 0 || ++this.#passed > maxPassed)
        break;
      this.#reader = new JsonReader(this.#listener);
    }
    const deltas = this.#deltas;
    if (deltas.length > 0) this.#deltas = [];
    for (const delta of deltas) applyDelta(this.sent, delta);
    return deltas;
  }

  #begin(kind: ValueKind): Treatment {
    const parent = this.#frames.at(-1);
    if (!parent) {
      const plan = planAnswer(this.#schema);
      if (plan.type !== "object") return "stop";
      this.#frames.push({ plan, path: "", keys: new Set(), count: 0 });
      return "stream";
    }
    if (parent.plan.type === "array") {
      if (parent.count >= parent.plan.maxItems) return "stop";
      this.#field = parent.plan.items;
      this.#path = `${parent.path}/${parent.count++}`;
    }
    return this.#field ? this.#treat(this.#field, kind) : "skip";
  }

  #treat(plan: Plan, kind: ValueKind): Treatment {
    if (plan.type === "late") return "skip";
    if (plan.type === "held") return "hold";
    if (plan.type === "text" && kind === "string") {
      this.#text = { plan, isFresh: true, length: 0, waiting: "" };
      return "stream";
    }
    if (plan.type === kind) {
      this.#deltas.push({ type: "delta", path: this.#path, set: kind === "array" ? [] : {} });
      this.#frames.push({ plan, path: this.#path, keys: new Set(), count: 0 });
      return "stream";
    }
    return plan.isNullable && kind === "scalar" ? "hold" : "stop";
  }

  #beginField(name: string): boolean {
    const frame = this.#frames.at(-1);
    // Of two fields with one name the last counts, which would take back the first.
    if (frame?.plan.type !== "object" || frame.keys.has(name)) return false;
    frame.keys.add(name);
    const isReserved = frame.path === "" && reservedFields.has(name);
    const plan = name === "__proto__" || isReserved ? "unknown" : frame.plan.field(name);
    this.#field = typeof plan === "string" ? undefined : plan;
    this.#path = `${frame.path}/${name.replaceAll("~", "~0").replaceAll("/", "~1")}`;
    return plan !== "forbidden";
  }

  #addText(piece: string): void {
    const text = this.#text;
    if (!text || text.isOver) return;
    text.length += countCodePoints(piece);
    // Nothing of a text is sent before it is long enough, nor the piece that makes it too long.
    if (text.length > text.plan.maxLength) text.isOver = true;
    else if (text.length < text.plan.minLength) text.waiting += piece;
    else {
      this.#append(text.waiting + piece);
      text.waiting = "";
      text.isFresh = false;
    }
  }

  #append(piece: string): void {
    const last = this.#appended;
    if (last && last === this.#deltas.at(-1) && last.path === this.#path) last.append += piece;
    else this.#deltas.push((this.#appended = { type: "delta", path: this.#path, append: piece }));
  }

  #end(): boolean {
    const text = this.#text;
    if (text) {
      this.#text = undefined;
      if (text.isOver || text.length < text.plan.minLength) return false;
      if (text.isFresh) this.#deltas.push({ type: "delta", path: this.#path, set: "" });
      return true;
    }
    const frame = this.#frames.pop();
    if (frame?.plan.type === "array") return frame.count >= frame.plan.minItems;
    return frame?.plan.type === "object" && frame.plan.required.every((name) => frame.keys.has(name));
  }

  #addHeld(raw: string): boolean {
    let value: unknown;
    try {
      value = toWellFormedJson(parseJson(raw));
    } catch {
      return false;
    }
    if (!this.#field || !this.#schema.fitsPart(this.#field.pointer, value)) return false;
    this.#deltas.push({ type: "delta", path: this.#path, set: value });
    return true;
  }
}

interface TextProgress {
  readonly plan: Extract<Plan, { type: "text" }>;
  /** Nothing of it was sent. */
  isFresh: boolean;
  isOver?: boolean;
  length: number;
  waiting: string;
}

function countCodePoints(text: string): number {
  let count = text.length;
  for (let at = 0; at < text.length; at++) if ((text.charCodeAt(at) & 0xfc00) === 0xdc00) count--;
  return count;
}
