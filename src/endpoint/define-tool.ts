import type { AnySchema, SchemaOutput } from "./define-endpoint.ts";

/** A function that a model may call. Declared only so far: endpoints refuse to load with tools until the engine runs them. */
export interface ToolDefinition<In extends AnySchema = AnySchema> {
  readonly name: string;
  readonly description: string;
  readonly input: In;
  readonly run: (
    input: SchemaOutput<In>,
    context: { readonly signal: AbortSignal; readonly requestId: string },
  ) => Promise<unknown>;
}

/** Declares a tool. Gives the literal its types and changes nothing. */
export function defineTool<const In extends AnySchema>(definition: ToolDefinition<In>): ToolDefinition<In> {
  return definition;
}
