import type { z } from "zod";
import { isRecord } from "../json.ts";
import type { DefinitionSource } from "./definition-source.ts";
import type { PropertyPath } from "./locate-property.ts";
import { suggestName } from "./nearest-name.ts";
import { describeNotBuilt } from "./not-built.ts";

type Issue = z.core.$ZodIssue;

/**
 * Checks the form of a definition and reports every mistake; returns it typed if there was none.
 * @param notBuiltKeys the top-level keys that deserve a better answer than "unknown"
 */
export function checkDefinition<Schema extends z.ZodType>(
  schema: Schema,
  definition: unknown,
  source: DefinitionSource,
  notBuiltKeys: Readonly<Record<string, string>>,
): z.output<Schema> | undefined {
  const result = schema.safeParse(definition);
  if (result.success) return result.data;
  for (const issue of result.error.issues) {
    const path = issue.path.filter((step) => typeof step !== "symbol");
    if (issue.code === "unrecognized_keys") {
      const known = knownKeys(schema, path);
      const table = path.length === 0 ? notBuiltKeys : {};
      for (const key of issue.keys) {
        source.report(
          [...path, key],
          describeNotBuilt(table, key) ?? `This key is not known: remove it.${suggestName(key, known)}`,
        );
      }
    } else {
      source.report(path, describeIssue(issue, readPath(definition, path)));
    }
  }
  return undefined;
}

function describeIssue(issue: Issue, value: unknown): string {
  if (issue.code === "invalid_key") return issue.issues[0]?.message ?? issue.message;
  if (issue.code === "invalid_type" && value === undefined)
    return `This is missing: give it ${withArticle(issue.expected)}.`;
  if (issue.code === "invalid_type") return `This must be ${withArticle(issue.expected)}.`;
  return issue.message.endsWith(".") ? issue.message : `${issue.message}.`;
}

function withArticle(type: string): string {
  if (type === "int") return "a whole number";
  return /^[aeiou]/.test(type) ? `an ${type}` : `a ${type}`;
}

function readPath(value: unknown, path: PropertyPath): unknown {
  return path.reduce<unknown>(
    (at, step) => (isRecord(at) || Array.isArray(at) ? (at as Record<string | number, unknown>)[step] : undefined),
    value,
  );
}

/** The keys that the strict object at `path` of a schema takes. */
function knownKeys(schema: z.core.$ZodType, path: PropertyPath): readonly string[] {
  const { def } = schema._zod as { readonly def: SchemaDefinition };
  const inner = def.innerType ?? (def.type === "pipe" ? def.out : undefined);
  if (inner) return knownKeys(inner, path);
  if (def.options) return [...new Set(def.options.flatMap((option) => knownKeys(option, path)))];
  const [step, ...rest] = path;
  if (step === undefined) return Object.keys(def.shape ?? {});
  const child = def.shape?.[step] ?? def.valueType ?? def.element;
  return child ? knownKeys(child, rest) : [];
}

/** The parts of Zod's definitions that lead from a schema to the schemas inside it. */
interface SchemaDefinition {
  readonly type: string;
  readonly innerType?: z.core.$ZodType;
  readonly out?: z.core.$ZodType;
  readonly options?: readonly z.core.$ZodType[];
  readonly shape?: Readonly<Record<string | number, z.core.$ZodType>>;
  readonly valueType?: z.core.$ZodType;
  readonly element?: z.core.$ZodType;
}
