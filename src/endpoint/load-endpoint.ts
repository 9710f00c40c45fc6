import { HeadgateError } from "../errors.ts";
import type { Issue } from "../errors.ts";
import { isRecord } from "../json.ts";
import { checkDefinition } from "./check-definition.ts";
import { compileSchema } from "./compile-schema.ts";
import type { CompiledSchema } from "./compile-schema.ts";
import type { AnySchema } from "./define-endpoint.ts";
import type { DefinitionSource } from "./definition-source.ts";
import { endpointSchema, namePattern, nameRule } from "./endpoint-schema.ts";
import type { CheckedEndpoint } from "./endpoint-schema.ts";
import { describesObject, findField, listFields } from "./json-schema-fields.ts";
import { loadPrompts } from "./load-prompts.ts";
import type { LoadPrompt, PromptDraft, PromptFile } from "./load-prompts.ts";
import { suggestName } from "../nearest-name.ts";
import { notBuilt } from "./not-built.ts";
import type { Problem } from "./problem.ts";

export interface EndpointSources {
  /** Absent if its module could not be imported, which was reported. */
  readonly definition?: { readonly value: unknown };
  readonly source: DefinitionSource;
  /** The name of the folder, or the key in the config. */
  readonly defaultName: string;
  readonly promptFiles: readonly PromptFile[];
  readonly partials: ReadonlyMap<string, string>;
}

/** An endpoint as far as it could be read; complete if nothing was reported. */
export interface EndpointDraft {
  readonly name: string;
  readonly contract: number;
  readonly source: DefinitionSource;
  /** The properties that are sound by themselves. */
  readonly definition?: Partial<CheckedEndpoint>;
  readonly hasRoute: boolean;
  readonly input?: CompiledSchema;
  readonly output?: CompiledSchema;
  /** By version; broken ones too, so that a release table naming one is not called wrong. */
  readonly prompts: ReadonlyMap<string, PromptDraft>;
}

/** Checks one endpoint by itself and reports every mistake; what it shares with others is checked by check-references.ts. */
export async function loadEndpoint(
  sources: EndpointSources,
  { loadPrompt, report }: { readonly loadPrompt: LoadPrompt; readonly report: (problem: Problem) => void },
): Promise<EndpointDraft> {
  const { definition, source, defaultName, promptFiles, partials } = sources;
  const raw = isRecord(definition?.value) ? definition.value : undefined;
  if (definition && !raw)
    source.report([], "The definition must be an object: export default defineEndpoint({ ... }).");
  const checked = raw && checkDefinition(endpointSchema, raw, source, notBuilt.endpointKeys);
  const name = typeof raw?.["name"] === "string" ? raw["name"] : defaultName;
  if (raw && raw["name"] === undefined && !namePattern.test(name)) {
    source.report([], `"${name}" cannot be the endpoint's name: rename it or set name. ${nameRule}`);
  }
  // Each part is checked even if another one is broken.
  const input = raw && compile(raw, "input", source);
  const output = raw && compile(raw, "output", source);
  if (input) checkInput(input, source);
  if (output) checkOutput(output, source);
  if (checked && input) checkFields(checked, input, source);
  if (checked) await checkValues(checked, input, output, source);
  const inline = isRecord(raw?.["prompts"]) ? Object.entries(raw["prompts"]) : [];
  const prompts = loadPrompts({
    files: promptFiles,
    inline: Object.fromEntries(inline.filter((entry): entry is [string, string] => typeof entry[1] === "string")),
    partials,
    inputSchema: input?.jsonSchema,
    source,
    report,
    loadPrompt,
  });
  if (raw && prompts.size === 0) source.report([], "The endpoint has no prompt: write prompts/1.0.0.prompt beside it.");
  const contract = typeof raw?.["contract"] === "number" ? raw["contract"] : 1;
  const hasRoute = raw?.["route"] !== undefined;
  return { name, contract, source, definition: checked, hasRoute, input, output, prompts };
}

/** Fields that every answer of an endpoint has by itself. */
const reservedFields: ReadonlySet<string> = new Set(["requestId", "status", "warnings", "citations"]);

function compile(
  raw: Readonly<Record<string, unknown>>,
  io: "input" | "output",
  source: DefinitionSource,
): CompiledSchema | undefined {
  const schema = raw[io];
  if (!isRecord(schema) && typeof schema !== "function") return undefined;
  try {
    return compileSchema(schema as AnySchema, io);
  } catch (error) {
    const reason = HeadgateError.is(error) ? (error.detail ?? error.message) : (error as Error).message;
    source.report([io], `The schema cannot be used: ${reason}`);
    return undefined;
  }
}

function checkInput({ jsonSchema }: CompiledSchema, source: DefinitionSource): void {
  if (!describesObject(jsonSchema))
    source.report(["input"], "The input must be an object: its fields are the prompt's variables.");
}

function checkOutput({ jsonSchema }: CompiledSchema, source: DefinitionSource): void {
  if (!describesObject(jsonSchema))
    source.report(["output"], "The output must be an object: the answer's fields are named.");
  for (const field of listFields(jsonSchema).filter((name) => reservedFields.has(name))) {
    source.report(["output", field], `Every answer has its own "${field}": rename the field.`);
  }
}

function checkFields(
  { normalize, route }: Partial<CheckedEndpoint>,
  { jsonSchema }: CompiledSchema,
  source: DefinitionSource,
): void {
  if (normalize?.field !== undefined) {
    const found = findField(jsonSchema, normalize.field);
    if (found === "absent") {
      source.report(
        ["normalize", "field"],
        `The input has no field ${normalize.field}.${suggestPointer(normalize.field, jsonSchema)}`,
      );
    } else if (
      found !== "unknown" &&
      !found.some(({ type }) => type === undefined || [type].flat().includes("string"))
    ) {
      source.report(["normalize", "field"], `The field ${normalize.field} is not text: name one that is.`);
    }
  }
  for (const [index, { when }] of (route?.rules ?? []).entries()) {
    for (const pointer of Object.keys(when.input ?? {})) {
      if (findField(jsonSchema, pointer) !== "absent") continue;
      const path = ["route", "rules", index, "when", "input", pointer];
      source.report(
        path,
        `The input has no field ${pointer}, so the rule never holds.${suggestPointer(pointer, jsonSchema)}`,
      );
    }
  }
}

function suggestPointer(pointer: string, jsonSchema: CompiledSchema["jsonSchema"]): string {
  const fields = listFields(jsonSchema).map((field) => `/${field.replaceAll("~", "~0").replaceAll("/", "~1")}`);
  return suggestName(pointer, fields);
}

async function checkValues(
  { example, fallback }: Partial<CheckedEndpoint>,
  input: CompiledSchema | undefined,
  output: CompiledSchema | undefined,
  source: DefinitionSource,
): Promise<void> {
  const checked = example === undefined ? undefined : await input?.check(example);
  if (checked && !checked.ok) reportIssues(["example"], checked.issues, source);
  if (!output || fallback === undefined) return;
  let value: unknown = fallback;
  if (typeof fallback === "function") {
    // Only an example can show what the function makes of an input.
    if (!checked?.ok) return;
    try {
      value = fallback(checked.value);
    } catch (error) {
      source.report(["fallback"], `The function threw for the example: ${(error as Error).message}.`);
      return;
    }
  }
  const answer = await output.check(value);
  if (!answer.ok) reportIssues(["fallback"], answer.issues, source);
}

function reportIssues(base: readonly string[], issues: readonly Issue[], source: DefinitionSource): void {
  for (const { path, message } of issues) {
    const steps = path
      .split("/")
      .slice(1)
      .map((step) => step.replaceAll("~1", "/").replaceAll("~0", "~"));
    const indexed = steps.map((step) => (/^\d+$/.test(step) ? Number(step) : step));
    source.report([...base, ...indexed], message.endsWith(".") ? message : `${message}.`);
  }
}
