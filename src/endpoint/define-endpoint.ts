import type { StandardJSONSchemaV1, StandardSchemaV1 } from "@standard-schema/spec";
import type { JsonSchema } from "../json.ts";
import type { TokenLimitsDefinition } from "./define-budget.ts";
import type { ReuseDefinition } from "./define-reuse.ts";
import type { TaskKind } from "./define-routing.ts";

/** Zod 4, ArkType, Valibot with its JSON Schema adapter: whatever is Standard Schema and can say its JSON Schema. */
export type TypedSchema<Input = unknown, Output = Input> = StandardSchemaV1<Input, Output> &
  StandardJSONSchemaV1<Input, Output>;

/** A typed schema, or raw JSON Schema 2020-12 (then inputs and outputs are `unknown` to TypeScript). */
export type AnySchema = TypedSchema<any, any> | JsonSchema;

export type SchemaInput<S> = S extends StandardSchemaV1<infer I, any> ? I : unknown;
export type SchemaOutput<S> = S extends StandardSchemaV1<any, infer O> ? O : Record<string, unknown>;

export interface RouteRule {
  /** All given conditions must hold. */
  readonly when: {
    /** Tokens of the normalised input, counted with the o200k tokenizer. */
    readonly inputTokens?: { readonly atLeast?: number; readonly atMost?: number };
    /** JSON Pointer of an input field to the value it must equal. */
    readonly input?: Readonly<Record<string, string | number | boolean>>;
  };
  /** A tier or model name of the config. */
  readonly use: string;
}

export interface RouteOptions {
  /** A tier or model name of the config, or `auto` for the project's rule set. @default "auto" */
  readonly use: string;
  /** The first rule that holds wins over `use`. */
  readonly rules?: readonly RouteRule[];
}

export interface NormalizeOptions {
  /** Turn HTML in text fields into plain text. @default false */
  readonly html?: boolean;
  /** `collapse` runs of spaces and blank lines, or `keep` them. @default "collapse" */
  readonly whitespace?: "collapse" | "keep";
  /** Most tokens (o200k) that the input's text may have. Absent: no limit beyond the body limit. */
  readonly maxTokens?: number;
  /** What to do above `maxTokens`. @default "reject" */
  readonly overflow?: "reject" | "truncate-head" | "truncate-middle" | "truncate-tail" | "map-reduce";
  /** JSON Pointer of the text field that is cut or split. @default the longest string field */
  readonly field?: string;
}

export interface ValidateOptions {
  /** How often an invalid answer is sent back with its issues, 0 to 2. @default 2 */
  readonly reasks?: number;
  /** A tier or model that gets one last try after the re-asks. */
  readonly escalateTo?: string;
}

export interface EndpointDefinition<In extends AnySchema = AnySchema, Out extends AnySchema = AnySchema> {
  /** @default the folder's name */
  readonly name?: string;
  /** Version of the contract: the N of `/api/{name}/vN`. Raise it on a breaking change. @default 1 */
  readonly contract?: number;
  readonly description: string;
  readonly input: In;
  /** Must describe a JSON object; `requestId`, `status`, `warnings` and `citations` are taken by the contract. */
  readonly output: Out;
  /** What kind of work it is, for rule sets. @default unknown */
  readonly task?: TaskKind;
  /** A tier or model name, `auto` for the project's rule set, or rules. @default "auto" */
  readonly route?: string | RouteOptions;
  readonly normalize?: NormalizeOptions;
  readonly validate?: ValidateOptions;
  readonly limits?: TokenLimitsDefinition;
  /** @default no answer is used again */
  readonly reuse?: ReuseDefinition;
  /** Output fields to answer with, `status: "fallback"`, when the model cannot; absent: the client gets the error. */
  readonly fallback?: SchemaOutput<Out> | ((input: SchemaOutput<In>) => SchemaOutput<Out>);
  /** Deadline of the whole request in milliseconds, retries included. @default 60000 */
  readonly timeoutMs?: number;
  readonly example?: SchemaInput<In>;
  /** Prompt versions written in code instead of `prompts/*.prompt`: version to dotprompt text. */
  readonly prompts?: Readonly<Record<string, string>>;
}

/** Endpoints by name, whatever their schemas are. */
export type EndpointMap = Readonly<Record<string, EndpointDefinition<any, any>>>;

/** What callers of an endpoint hand in. */
export type InputOf<Endpoint> = Endpoint extends EndpointDefinition<infer In, any> ? SchemaInput<In> : unknown;

/** The output fields that callers of an endpoint get. */
export type OutputOf<Endpoint> =
  Endpoint extends EndpointDefinition<any, infer Out> ? SchemaOutput<Out> : Record<string, unknown>;

/** Declares an endpoint. Gives the literal its types and changes nothing. */
export function defineEndpoint<const In extends AnySchema, const Out extends AnySchema>(
  definition: EndpointDefinition<In, Out>,
): EndpointDefinition<In, Out> {
  return definition;
}
