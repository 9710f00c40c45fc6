import { isRecord, toPointer, type JsonSchema } from "../json.ts";

/** What ajv or a typed schema found: ajv's error as it is, or a path and a text that may quote the data. */
export type RawProblem =
  | { readonly keyword: string; readonly instancePath: string; readonly params: Readonly<Record<string, unknown>> }
  | { readonly keyword: ""; readonly path: readonly (string | number)[]; readonly text: string };

export interface Problem {
  /** JSON Pointer in which a key that the schema does not name is `*`: it could be any text of the model. */
  readonly path: string;
  /** Made of the schema's words only. */
  readonly message: string;
  /** For the model that wrote the data: real path, real key. */
  readonly hint: string;
}

/** Words a problem without holding anything of the data. */
export function describeProblem(problem: RawProblem, document: unknown, fieldNames: ReadonlySet<string>): Problem {
  if (!("instancePath" in problem)) {
    const path = problem.path.map(String);
    const message = "does not hold a rule of the contract";
    return {
      path: maskPath(path, document, fieldNames),
      message,
      hint: `${toPointer(path) || "/"} ${problem.text === "" ? message : problem.text.slice(0, maxHintChars)}`,
    };
  }
  const path = splitPointer(problem.instancePath);
  const missing = problem.params["missingProperty"];
  if (typeof missing === "string") path.push(missing);
  const message = toMessage(problem.keyword, problem.params);
  return {
    path: maskPath(path, document, fieldNames),
    message,
    hint: `${toPointer(path) || "/"} ${message}${toHintDetail(problem.params)}`,
  };
}

/** Every property name that a schema declares anywhere: the keys that may be shown. */
export function collectFieldNames(schema: JsonSchema): ReadonlySet<string> {
  const names = new Set<string>();
  const visit = (node: unknown): void => {
    if (Array.isArray(node)) for (const item of node) visit(item);
    else if (isRecord(node))
      for (const [key, child] of Object.entries(node)) {
        if ((key === "properties" || key === "dependentSchemas") && isRecord(child))
          for (const name of Object.keys(child)) names.add(name);
        if (key === "required" && Array.isArray(child)) for (const name of child) names.add(String(name));
        visit(child);
      }
  };
  visit(schema);
  return names;
}

const maxHintChars = 200;

function maskPath(path: readonly string[], document: unknown, fieldNames: ReadonlySet<string>): string {
  let current: unknown = document;
  const steps: string[] = [];
  for (const step of path) {
    const isIndex = Array.isArray(current);
    steps.push(isIndex || fieldNames.has(step) ? step : "*");
    current =
      typeof current === "object" && current !== null && Object.hasOwn(current, step)
        ? (current as Record<string, unknown>)[step]
        : undefined;
  }
  return toPointer(steps);
}

function splitPointer(pointer: string): string[] {
  return pointer
    .split("/")
    .slice(1)
    .map((step) => step.replaceAll("~1", "/").replaceAll("~0", "~"));
}

const typeNames: Readonly<Record<string, string>> = {
  array: "an array",
  boolean: "true or false",
  integer: "an integer",
  null: "null",
  number: "a number",
  object: "an object",
  string: "a string",
};

const messages: Readonly<Record<string, (params: Readonly<Record<string, unknown>>) => string>> = {
  type: ({ type }) =>
    `must be ${[type]
      .flat()
      .map((name) => typeNames[String(name)] ?? "of another type")
      .join(" or ")}`,
  required: () => "is required",
  dependentRequired: () => "is required here",
  additionalProperties: () => "has a field that the contract does not know",
  unevaluatedProperties: () => "has a field that the contract does not know",
  propertyNames: () => "has a field whose name is not allowed",
  enum: ({ allowedValues }) => `must be one of: ${listValues(allowedValues)}`,
  const: ({ allowedValue }) => `must be ${listValues([allowedValue])}`,
  minLength: ({ limit }) => `must have at least ${String(limit)} characters`,
  maxLength: ({ limit }) => `must have at most ${String(limit)} characters`,
  minItems: ({ limit }) => `must have at least ${String(limit)} items`,
  maxItems: ({ limit }) => `must have at most ${String(limit)} items`,
  minProperties: ({ limit }) => `must have at least ${String(limit)} fields`,
  maxProperties: ({ limit }) => `must have at most ${String(limit)} fields`,
  minimum: ({ limit }) => `must be at least ${String(limit)}`,
  maximum: ({ limit }) => `must be at most ${String(limit)}`,
  exclusiveMinimum: ({ limit }) => `must be greater than ${String(limit)}`,
  exclusiveMaximum: ({ limit }) => `must be less than ${String(limit)}`,
  multipleOf: ({ multipleOf }) => `must be a multiple of ${String(multipleOf)}`,
  format: ({ format }) => `must be a valid ${String(format)}`,
  pattern: () => "does not have the required form",
  uniqueItems: () => "must not have the same item twice",
  contains: () => "lacks an item that the contract asks for",
  items: () => "has too many items",
  unevaluatedItems: () => "has too many items",
  anyOf: () => "has none of the allowed forms",
  oneOf: () => "must have exactly one of the allowed forms",
  not: () => "has a form that is not allowed",
  "false schema": () => "is not allowed",
};

function toMessage(keyword: string, params: Readonly<Record<string, unknown>>): string {
  return messages[keyword]?.(params) ?? "does not hold a rule of the contract";
}

function toHintDetail(params: Readonly<Record<string, unknown>>): string {
  const extra = params["additionalProperty"] ?? params["unevaluatedProperty"] ?? params["propertyName"];
  if (typeof extra === "string") return `: ${JSON.stringify(extra.slice(0, maxHintChars))}`;
  if (typeof params["pattern"] === "string") return ` (pattern ${params["pattern"].slice(0, maxHintChars)})`;
  return "";
}

const maxListedValues = 20;

function listValues(values: unknown): string {
  const all = Array.isArray(values) ? values : [];
  const shown = all
    .slice(0, maxListedValues)
    .map((value) => (typeof value === "string" ? value : JSON.stringify(value)).slice(0, 80));
  return shown.join(", ") + (all.length > shown.length ? ", ..." : "");
}
