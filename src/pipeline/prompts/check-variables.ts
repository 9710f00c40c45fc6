import type { JsonSchema } from "../../json.ts";
import { didYouMean } from "../../nearest-name.ts";
import type { PromptProblem } from "./prompt-problem.ts";
import { findInSchema } from "./schema-path.ts";
import { everyItem } from "./template-variables.ts";
import type { Step, TemplateVariable } from "./template-variables.ts";

/** Compares a template's variables with the endpoint's input: what the input never holds would render as nothing. */
export function checkVariables(
  variables: readonly TemplateVariable[],
  inputSchema: JsonSchema,
): readonly PromptProblem[] {
  const problems: PromptProblem[] = [];
  for (const variable of variables) {
    const message = findMistake(variable, inputSchema);
    if (message === undefined) continue;
    const { partial, line } = variable;
    const where = partial ? `In the partial "${partial.name}", line ${partial.line}: ` : "";
    problems.push({ line, message: where + message });
  }
  return problems;
}

function findMistake({ name, path, use }: TemplateVariable, inputSchema: JsonSchema): string | undefined {
  const written = `{{${name}}}`;
  if (!path) {
    if (!name.startsWith("@")) return `${written} reaches above the input. Remove a "../".`;
    return `${written} is not set. Prompts have @root everywhere, and @index, @key, @first and @last inside {{#each}}.`;
  }
  const lookup = findInSchema(inputSchema, path);
  if (!lookup.found) return describeMissing(written, path, lookup);
  const { types } = lookup;
  if (use === "print" && types.length > 0 && types.every((type) => type === "object")) {
    return `${written} is an object, which has no text. Name one of its fields, or write {{json ${name}}}.`;
  }
  if (use === "loop" && types.length > 0 && !types.includes("array") && !types.includes("object")) {
    return `{{#each ${name}}} needs a list, but the input's "${show(path)}" is of type ${types.join(" or ")}.`;
  }
  return undefined;
}

function describeMissing(
  written: string,
  path: readonly Step[],
  { step, known, types }: Extract<ReturnType<typeof findInSchema>, { found: false }>,
): string {
  if (step === everyItem || known.length === 0) {
    const kind = types.length === 0 ? "nothing inside" : `the type ${types.join(" or ")}`;
    return `${written} is not in the input: "${show(path.slice(0, path.indexOf(step)))}" has ${kind}.`;
  }
  const fields = known.map((field) => `"${field}"`).join(", ");
  return `${written} is not in the endpoint's input schema, which has ${fields} there.${didYouMean(step, known)}`;
}

function show(path: readonly Step[]): string {
  return path.map((step) => (step === everyItem ? "[]" : step)).join(".") || "the input";
}
