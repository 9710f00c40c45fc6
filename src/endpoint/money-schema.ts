import { z } from "zod";
import { budgetWindows, subjects } from "./define-budget.ts";
import { timeZoneSchema } from "./time-zone-schema.ts";

const limitName = z
  .string()
  .regex(
    /^[a-z][a-z0-9-]{0,62}$/,
    "A name is made of a-z, 0-9 and hyphens, starts with a letter and has at most 63 characters.",
  );
const oneOrMore = z.union(
  [z.string().min(1), z.array(z.string().min(1)).min(1, "Name one at least.").max(1000, "Name at most 1000.")],
  "This must be a name, or a list of names.",
);
const tokens = z.int().min(1, "This is at least 1.");
const share = z.number().gt(0, "A share is above 0.").max(10, "A share is at most 10.");

const budget = z
  .strictObject({
    per: z.enum(subjects).optional(),
    only: oneOrMore.optional(),
    usd: z.number().positive("A budget is above 0.").max(1_000_000_000).optional(),
    tokens: tokens.optional(),
    window: z.enum(budgetWindows),
    timeZone: timeZoneSchema.optional(),
    onExceeded: z.enum(["stop", "downgrade", "warn"]).optional(),
    downgradeTo: z.string().min(1).optional(),
    alertAt: z.array(share).max(10, "Give at most 10 shares.").optional(),
    alertUrl: z.url({ protocol: /^https?$/, error: "This must be an http or https URL." }).optional(),
    alertSecretEnv: z.string().min(1).optional(),
  })
  .superRefine(
    ({ per = "all", only, usd, tokens: most, onExceeded, downgradeTo, alertUrl, alertSecretEnv }, context) => {
      const report = (path: string[], message: string): void => context.addIssue({ code: "custom", path, message });
      if (usd === undefined && most === undefined) report([], "Say how much: in usd, in tokens, or both.");
      if (per === "all" && only !== undefined) report(["only"], "This needs per: say what the names are of.");
      if (onExceeded === "downgrade" && downgradeTo === undefined)
        report(["downgradeTo"], "Say which tier or model calls go to once the budget is used up.");
      if (onExceeded !== "downgrade" && downgradeTo !== undefined)
        report(["downgradeTo"], 'This only works with onExceeded: "downgrade".');
      if (alertUrl !== undefined && alertSecretEnv === undefined)
        report(["alertSecretEnv"], "Name the environment variable with the webhook's secret: alerts are signed.");
      if (alertUrl === undefined && alertSecretEnv !== undefined)
        report(["alertSecretEnv"], "This needs alertUrl: say who gets the alerts.");
    },
  );

const rateLimit = z
  .strictObject({
    per: z.enum(subjects).optional(),
    only: oneOrMore.optional(),
    requests: z.int().min(1, "This is at least 1.").optional(),
    tokens: tokens.optional(),
    window: z.enum(["second", "minute", "hour", "day"]),
  })
  .superRefine(({ per = "key", only, requests, tokens: most }, context) => {
    const report = (path: string[], message: string): void => context.addIssue({ code: "custom", path, message });
    if (requests === undefined && most === undefined) report([], "Say how many: requests, tokens, or both.");
    if (per === "all" && only !== undefined) report(["only"], "This needs another per: say what the names are of.");
  });

export const budgetsSchema = z.record(limitName, budget);
export const rateLimitsSchema = z.record(limitName, rateLimit);

export const tokenLimitsSchema = z
  .strictObject({
    inputTokens: tokens.optional(),
    outputTokens: tokens.optional(),
    totalTokens: tokens.optional(),
    onExceeded: z.enum(["refuse", "reduce"]).optional(),
  })
  .refine(
    (limits) => (limits.inputTokens ?? limits.outputTokens ?? limits.totalTokens) !== undefined,
    "Give inputTokens, outputTokens or totalTokens.",
  );

const ttlSeconds = z
  .int()
  .min(1, "This is 1 to 31,536,000 seconds.")
  .max(31_536_000, "This is 1 to 31,536,000 seconds.");

export const reuseSchema = z.strictObject({
  ttlSeconds,
  semantic: z
    .union(
      [z.boolean(), z.strictObject({ similarity: z.number().min(0).max(1).optional() })],
      "This must be true, false, or an object of similarity.",
    )
    .optional(),
});

export const projectReuseSchema = z.strictObject({
  maxMemoryBytes: z
    .int()
    .min(0)
    .max(64 * 1024 ** 3)
    .optional(),
  isStored: z.boolean().optional(),
  dialects: z
    .union([z.literal(false), z.strictObject({ ttlSeconds })], "This must be false, or an object of ttlSeconds.")
    .optional(),
});
