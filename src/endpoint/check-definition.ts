import { parse } from "zod/v4/core";
import type { z } from "zod";
import { isRecord } from "../json.ts";
import type { DefinitionSource } from "./definition-source.ts";
import type { PropertyPath } from "./locate-property.ts";
import { suggestName } from "../nearest-name.ts";
import { describeNotBuilt } from "./not-built.ts";

type Issue = z.core.$ZodIssue;

/**
 * Checks the form of a definition, reports every mistake, and returns the properties that have none, so that what they
 * refer to can be checked too.
 * @param notBuiltKeys the top-level keys that deserve a better answer than "unknown"
 */
export function checkDefinition<Shape extends z.core.$ZodLooseShape>(
  schema: z.ZodObject<Shape, z.core.$strict>,
  definition: Readonly<Record<string, unknown>>,
  source: DefinitionSource,
  notBuiltKeys: Readonly<Record<string, string>>,
): Partial<z.output<typeof schema>> {
  const result = schema.safeParse(definition);
  if (result.success) return result.data;
  for (const issue of result.error.issues.flatMap(openUnion)) {
    const path = issue.path.filter((step) => typeof step !== "symbol");
    if (issue.code === "unrecognized_keys") {
      const known = knownKeys(schema, path);
      const table = path.length === 0 ? notBuiltKeys : {};
      for (const key of issue.keys) {
        const unknown = `This key is not known: remove it.${suggestName(key, known)}`;
        source.report([...path, key], describeNotBuilt(table, key) ?? unknown);
      }
    } else {
      source.report(path, describeIssue(issue, readPath(definition, path)));
    }
  }
  const broken = new Set(result.error.issues.map(({ path }) => path[0]));
  const sound = Object.entries(schema.shape).filter(([key]) => key in definition && !broken.has(key));
  const parts = sound.map(([key, part]) => [key, parse(part, definition[key])]);
  return Object.fromEntries(parts) as Partial<z.output<typeof schema>>;
}

/** What is wrong with the one form of a union that was meant, going by the value's type. */
function openUnion(issue: Issue): Issue[] {
  if (issue.code !== "invalid_union") return [issue];
  const meant = issue.errors.filter(
    (issues) =>
      !issues.some(({ code, path }) => path.length === 0 && (code === "invalid_type" || code === "invalid_value")),
  );
  if (meant.length !== 1) return [issue];
  const inUnion = (inner: Issue): Issue => ({ ...inner, path: [...issue.path, ...inner.path] });
  return meant[0]!.map(inUnion).flatMap(openUnion);
}

function describeIssue(issue: Issue, value: unknown): string {
  if (issue.code === "invalid_key") return issue.issues[0]?.message ?? issue.message;
  // Where a schema has words of its own, they say more than the kind of issue does.
  const isOwnMessage = !/^(?:Invalid (?:input|option)|Too (?:small|big)): expected /.test(issue.message);
  if (isOwnMessage) return issue.message.endsWith(".") ? issue.message : `${issue.message}.`;
  switch (issue.code) {
    case "invalid_type":
      return value === undefined
        ? `This is missing: give it ${withArticle(issue.expected)}.`
        : `This must be ${withArticle(issue.expected)}.`;
    case "invalid_value":
      return `This must be one of: ${issue.values.map((option) => JSON.stringify(option)).join(", ")}.`;
    case "too_small":
      return issue.origin === "string" ? "This must not be empty." : `This must be at least ${issue.minimum}.`;
    case "too_big":
      return `This must be at most ${issue.maximum}.`;
    default:
      return `${issue.message}.`;
  }
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
