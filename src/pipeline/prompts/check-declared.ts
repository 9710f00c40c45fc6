import { isRecord } from "../../json.ts";
import type { JsonSchema } from "../../json.ts";
import { didYouMean } from "../../nearest-name.ts";
import type { ParsedPrompt } from "./parse-prompt.ts";
import type { PromptProblem } from "./prompt-problem.ts";
import { findInSchema } from "./schema-path.ts";
import { everyItem } from "./template-variables.ts";
import type { Step } from "./template-variables.ts";

/** Compares what a prompt file says of its input (`input.schema`, `input.default`) with the endpoint's input schema. */
export function checkDeclared(
  { input, defaults, defaultsLine }: ParsedPrompt,
  inputSchema: JsonSchema,
): PromptProblem[] {
  const declared = input.schema ? checkSchema(input.schema, inputSchema, []) : [];
  const given = Object.keys(defaults).flatMap((name) => checkPlace("input.default", [name], [], inputSchema));
  return [
    ...declared.map((message) => ({ line: input.line, message })),
    ...given.map((message) => ({ line: defaultsLine, message })),
  ];
}

function checkSchema(declared: JsonSchema, contract: JsonSchema, path: readonly Step[]): string[] {
  const mistakes = checkPlace("input.schema", path, typesOf(declared), contract);
  if (mistakes.length > 0) return mistakes;
  const { properties, items } = declared;
  return [
    ...(isRecord(properties) ? Object.entries(properties) : []).flatMap(([name, value]) =>
      isRecord(value) ? checkSchema(value, contract, [...path, name]) : [],
    ),
    ...(isRecord(items) ? checkSchema(items, contract, [...path, everyItem]) : []),
  ];
}

function checkPlace(key: string, path: readonly Step[], types: readonly string[], contract: JsonSchema): string[] {
  const lookup = findInSchema(contract, path);
  const name = path.map((step) => (step === everyItem ? "[]" : step)).join(".");
  if (!lookup.found) {
    const hint = typeof lookup.step === "string" ? didYouMean(lookup.step, lookup.known) : "";
    return [
      `"${key}" names "${name}", which is not in the endpoint's input schema. Remove it or correct the name.${hint}`,
    ];
  }
  const agrees = types.length === 0 || lookup.types.length === 0 || types.some((type) => isAmong(type, lookup.types));
  if (agrees) return [];
  return [
    `"${key}" says that "${name || "the input"}" is of type ${types.join(" or ")}, the endpoint's input schema says ${lookup.types.join(" or ")}.`,
  ];
}

function isAmong(type: string, types: readonly string[]): boolean {
  if (types.includes(type)) return true;
  return (type === "integer" && types.includes("number")) || (type === "number" && types.includes("integer"));
}

// "null" only says that a field may be left out.
function typesOf({ type }: JsonSchema): readonly string[] {
  const types = Array.isArray(type) ? (type as string[]) : typeof type === "string" ? [type] : [];
  return types.filter((name) => name !== "null" && name !== "any");
}
