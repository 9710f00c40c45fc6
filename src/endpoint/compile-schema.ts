import type { Issue } from "../errors.ts";
import type { JsonSchema } from "../json.ts";

export type SchemaResult<T = unknown> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly issues: readonly Issue[] };

/** A user's schema, ready to use: its JSON Schema and one way to check a value. */
export interface CompiledSchema {
  /** Draft 2020-12, self-contained. For an input schema: what clients may send. For an output schema: what the model must write. */
  readonly jsonSchema: JsonSchema;
  /** Checks and, where the schema has defaults or transforms, applies them. Issue messages never hold the data's values. */
  check(value: unknown): SchemaResult | Promise<SchemaResult>;
}
