import { z } from "zod";
import { isRecord } from "../json.ts";
import type { AnySchema, EndpointDefinition } from "./define-endpoint.ts";
import { reuseSchema, tokenLimitsSchema } from "./money-schema.ts";
import { taskSchema } from "./routing-schema.ts";

/** Names that stand in URLs: of endpoints, providers and tiers. */
export const namePattern = /^[a-z][a-z0-9-]{0,62}$/;
export const nameRule = "A name is made of a-z, 0-9 and hyphens, starts with a letter and has at most 63 characters.";

const minTimeoutMs = 100;
const maxTimeoutMs = 3_600_000;

const pointer = z.string().regex(/^(?:\/(?:[^~/]|~[01])*)+$/, 'A field is named by a JSON Pointer, such as "/text".');
const tokenCount = z.int().min(0);
const modelName = z.string().min(1, "Name a tier or a model.");

const routeRule = z.strictObject({
  when: z
    .strictObject({
      inputTokens: z
        .strictObject({ atLeast: tokenCount.optional(), atMost: tokenCount.optional() })
        .refine(({ atLeast, atMost }) => atLeast !== undefined || atMost !== undefined, "Give atLeast, atMost or both.")
        .refine(
          ({ atLeast = 0, atMost = Infinity }) => atLeast <= atMost,
          "atLeast is above atMost: this rule never holds.",
        )
        .optional(),
      input: z
        .record(
          pointer,
          z.union([z.string(), z.number(), z.boolean()], "This must be a string, a number or a boolean."),
        )
        .optional(),
    })
    .refine(
      ({ inputTokens, input }) => inputTokens !== undefined || Object.keys(input ?? {}).length > 0,
      "A rule without a condition always holds: put its model into route.use instead.",
    ),
  use: modelName,
});

const route = z.preprocess(
  (value) => (typeof value === "string" ? { use: value } : value),
  z.strictObject({ use: modelName, rules: z.array(routeRule).optional() }),
);

const normalize = z
  .strictObject({
    html: z.boolean().optional(),
    whitespace: z.enum(["collapse", "keep"]).optional(),
    maxTokens: z.int().min(1).optional(),
    overflow: z.enum(["reject", "truncate-head", "truncate-middle", "truncate-tail", "map-reduce"]).optional(),
    field: pointer.optional(),
  })
  .refine(({ overflow, maxTokens }) => overflow === undefined || overflow === "reject" || maxTokens !== undefined, {
    path: ["overflow"],
    error: "This needs maxTokens: say above how many tokens it starts.",
  });

const anySchema = z.custom<AnySchema>(
  (value) => isRecord(value) || (typeof value === "function" && "~standard" in value),
  "This must be a schema: Zod 4 or another Standard Schema that can say its JSON Schema, or a JSON Schema object.",
);

const fallback = z.custom<NonNullable<EndpointDefinition["fallback"]>>(
  (value) => isRecord(value) || typeof value === "function",
  "This must be an object with the output's fields, or a function that returns one.",
);

/** The form of a `defineEndpoint` literal; what its names refer to is checked later. */
export const endpointSchema = z.strictObject({
  name: z.string().regex(namePattern, nameRule).optional(),
  contract: z.int().min(1).max(9999).optional(),
  description: z.string().min(1, "Say in one sentence what the endpoint does."),
  input: anySchema,
  output: anySchema,
  task: taskSchema.optional(),
  route: route.optional(),
  normalize: normalize.optional(),
  validate: z.strictObject({ reasks: z.int().min(0).max(2).optional(), escalateTo: modelName.optional() }).optional(),
  limits: tokenLimitsSchema.optional(),
  reuse: reuseSchema.optional(),
  fallback: fallback.optional(),
  timeoutMs: z
    .int()
    .min(minTimeoutMs, `A deadline is at least ${minTimeoutMs} ms.`)
    .max(maxTimeoutMs, `A deadline is at most ${maxTimeoutMs} ms, which is an hour.`)
    .optional(),
  example: z.unknown().optional(),
  prompts: z.record(z.string(), z.string()).optional(),
});

export type CheckedEndpoint = z.output<typeof endpointSchema>;
