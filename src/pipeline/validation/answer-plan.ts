import {
  annotationKeywords,
  peelSchema,
  type CompiledSchema,
  type PeeledSchema,
} from "../../endpoint/compile-schema.ts";
import { isRecord, toPointer, type JsonSchema } from "../../json.ts";

/** How one place of the answer may be sent while the answer still grows. */
export type Plan = { readonly isNullable: boolean; readonly pointer: string } & (
  | {
      readonly type: "object";
      readonly required: readonly string[];
      /** The plan of a field; `unknown` if it may be there but is not declared, `forbidden` if it may not. */
      field(name: string): Plan | "unknown" | "forbidden";
    }
  | { readonly type: "array"; readonly items: Plan; readonly minItems: number; readonly maxItems: number }
  /** Any text within the lengths is valid, so its beginning is as well. Lengths count code points. */
  | { readonly type: "text"; readonly minLength: number; readonly maxLength: number }
  /** Valid or not only as a whole. */
  | { readonly type: "held" }
  /** Known only when the whole answer was checked: the schema transforms it. */
  | { readonly type: "late" }
);

const plans = new WeakMap<CompiledSchema, Plan>();

/** Reads from an output schema what can be sent early. Made once for a schema, its parts when they are first met. */
export function planAnswer(schema: CompiledSchema): Plan {
  let plan = plans.get(schema);
  if (!plan) {
    plan = createPlanner(schema)(schema.jsonSchema, "", schema.contractSchema, "");
    plans.set(schema, plan);
  }
  return plan;
}

type Planner = (written: unknown, pointer: string, shown: unknown, shownPointer: string) => Plan;

function createPlanner(schema: CompiledSchema): Planner {
  const { jsonSchema, contractSchema } = schema;
  const made = new Map<string, Plan>();
  const isOneSchema = toText(jsonSchema) === toText(contractSchema);
  // What the model writes and what the client sees are walked side by side: where they differ, early would be wrong.
  const plan: Planner = (writtenStart, pointerStart, shownStart, shownPointerStart) => {
    const written = peelSchema(jsonSchema, writtenStart, pointerStart);
    const shown = peelSchema(contractSchema, shownStart, shownPointerStart);
    const key = `${pointerStart} ${shownPointerStart}`;
    let result = made.get(key);
    if (!result) {
      result = {
        pointer: pointerStart,
        isNullable: written.isNullable,
        ...planPeeled(written, shown, writtenStart, shownStart),
      };
      made.set(key, result);
    }
    return result;
  };
  const planPeeled = (
    written: PeeledSchema,
    shown: PeeledSchema,
    writtenStart: unknown,
    shownStart: unknown,
  ): PlanBody => {
    if (written.isNullable !== shown.isNullable) return { type: "late" };
    const [inner, outer] = [written.schema, shown.schema];
    if (isPlainText(inner) && isPlainText(outer))
      return {
        type: "text",
        minLength: toCount(inner["minLength"], 0),
        maxLength: toCount(inner["maxLength"], Infinity),
      };
    if (isPlainObject(inner) && isPlainObject(outer)) return planObject(plan, written, shown);
    if (isPlainArray(inner) && isPlainArray(outer)) return planArray(plan, written, shown);
    const text = toText(writtenStart);
    const isSame = text === toText(shownStart) && (isOneSchema || !text.includes('"$ref"'));
    return { type: isSame ? "held" : "late" };
  };
  return plan;
}

type PlanBody = Plan extends infer P ? (P extends Plan ? Omit<P, "isNullable" | "pointer"> : never) : never;

function planObject(plan: Planner, written: PeeledSchema, shown: PeeledSchema): PlanBody {
  const fields = toFields(written.schema["properties"]);
  const shownFields = toFields(shown.schema["properties"]);
  const rest = written.schema["additionalProperties"];
  const shownRest = shown.schema["additionalProperties"];
  return {
    type: "object",
    required: Array.isArray(written.schema["required"]) ? (written.schema["required"] as string[]) : [],
    field: (name) => {
      if (Object.hasOwn(fields, name)) {
        if (!Object.hasOwn(shownFields, name)) return "unknown";
        const step = toPointer(["properties", name]);
        return plan(fields[name], written.pointer + step, shownFields[name], shown.pointer + step);
      }
      if (rest === false) return "forbidden";
      if (!isRecord(rest) || !isRecord(shownRest)) return "unknown";
      return plan(rest, `${written.pointer}/additionalProperties`, shownRest, `${shown.pointer}/additionalProperties`);
    },
  };
}

function planArray(plan: Planner, written: PeeledSchema, shown: PeeledSchema): PlanBody {
  const items = plan(
    written.schema["items"],
    `${written.pointer}/items`,
    shown.schema["items"],
    `${shown.pointer}/items`,
  );
  // Without one item, the next one's index would be wrong.
  if (items.type === "late") return { type: "late" };
  const { minItems, maxItems } = written.schema;
  return { type: "array", items, minItems: toCount(minItems, 0), maxItems: toCount(maxItems, Infinity) };
}

function withoutAnnotations(schema: JsonSchema): readonly string[] {
  return Object.keys(schema).filter((key) => !annotationKeywords.has(key));
}

function hasOnly(schema: JsonSchema, type: string, keywords: readonly string[]): boolean {
  return schema["type"] === type && withoutAnnotations(schema).every((key) => key === "type" || keywords.includes(key));
}

function isPlainText(schema: JsonSchema): boolean {
  return hasOnly(schema, "string", ["minLength", "maxLength"]);
}

function isPlainArray(schema: JsonSchema): boolean {
  return hasOnly(schema, "array", ["items", "minItems", "maxItems"]) && isRecord(schema["items"]);
}

function isPlainObject(schema: JsonSchema): boolean {
  if (!hasOnly(schema, "object", ["properties", "required", "additionalProperties", "propertyNames"])) return false;
  // Zod says of each record that its keys are strings.
  return schema["propertyNames"] === undefined || toText(schema["propertyNames"]) === '{"type":"string"}';
}

function toFields(properties: unknown): Readonly<Record<string, unknown>> {
  return isRecord(properties) ? properties : {};
}

function toCount(value: unknown, absent: number): number {
  return typeof value === "number" ? value : absent;
}

function toText(value: unknown): string {
  return JSON.stringify(value) ?? "";
}
