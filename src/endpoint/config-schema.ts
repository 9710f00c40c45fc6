import { z } from "zod";
import { modelCapabilities } from "./define-config.ts";
import { namePattern, nameRule } from "./endpoint-schema.ts";
import { budgetsSchema, projectReuseSchema, rateLimitsSchema } from "./money-schema.ts";
import { providerSchema } from "./provider-schema.ts";
import { routingSchema } from "./routing-schema.ts";

const name = z.string().regex(namePattern, nameRule);
const modelName = z.string().regex(/^[\w.:@/-]{1,128}$/, "A model's name is made of letters, digits and . : @ / _ -");

const usd = z.number().nonnegative().max(1_000_000);
const price = z.strictObject({
  inputPerMillionUsd: usd,
  outputPerMillionUsd: usd,
  cachedInputPerMillionUsd: usd.optional(),
  cacheWritePerMillionUsd: usd.optional(),
  perRequestUsd: usd.optional(),
});
const capability = z.enum(modelCapabilities, { error: `A capability is one of: ${modelCapabilities.join(", ")}.` });

const timeout = rangeOf("A timeout", { least: 50, most: 3_600_000, unit: "milliseconds" });
const timeouts = z.strictObject({
  firstTokenMs: timeout.optional(),
  betweenContentMs: timeout.optional(),
  wholeAnswerMs: timeout.optional(),
});

const mostPlaces = 32;
const ownName = z.string().min(1).optional();
const deployment = z.strictObject({
  provider: z.string(),
  model: ownName,
  weight: z
    .number()
    .positive("A weight is above 0: take the deployment out if it is to get no calls.")
    .max(1000)
    .optional(),
});
const model = z
  .strictObject({
    provider: z.string().optional(),
    model: ownName,
    deployments: z
      .array(deployment)
      .min(1, "List one deployment at least.")
      .max(mostPlaces, `List at most ${mostPlaces} deployments.`)
      .optional(),
    timeouts: timeouts.optional(),
    price: price.optional(),
    contextWindow: z.int().positive().optional(),
    capabilities: z.array(capability).optional(),
  })
  .superRefine(({ provider, model: own, deployments }, context) => {
    const report = (path: string[], message: string): void => context.addIssue({ code: "custom", path, message });
    if (provider === undefined && deployments === undefined)
      report([], "Say where it runs: in provider or deployments.");
    if (deployments === undefined) return;
    if (provider !== undefined) report(["provider"], "Either this or deployments says where it runs: remove one.");
    if (own !== undefined) report(["model"], "Each of the deployments says it for itself: move it there.");
  });

const tier = z.union(
  [
    z.string(),
    z.array(z.string()).min(1, "Name one model at least.").max(mostPlaces, `Name at most ${mostPlaces} models.`),
  ],
  "This must be the name of a model, or a list of names in order of preference.",
);

const resilience = z.strictObject({
  maxAttempts: rangeOf("This", { least: 1, most: 3 }).optional(),
  timeouts: timeouts.optional(),
  rescue: z
    .union(
      [
        z.literal(false),
        z.strictObject({
          holdBackChars: rangeOf("This", { least: 0, most: 100_000, unit: "characters" }).optional(),
          continuation: z.boolean().optional(),
        }),
      ],
      "This must be false, or an object of holdBackChars and continuation.",
    )
    .optional(),
  hedge: z
    .strictObject({
      afterMs: rangeOf("This", { least: 10, most: 3_600_000, unit: "milliseconds" }),
      maxUsdPerHour: z
        .number()
        .positive("A hedge costs money: give a limit above 0, or leave hedge out.")
        .max(1_000_000),
    })
    .optional(),
});

interface Range {
  readonly least: number;
  readonly most: number;
  readonly unit?: string;
}

function rangeOf(what: string, { least, most, unit }: Range): z.ZodInt {
  const range = `${least.toLocaleString("en-US")} to ${most.toLocaleString("en-US")}${unit === undefined ? "" : ` ${unit}`}`;
  const message = `${what} is ${range}.`;
  return z.int().min(least, message).max(most, message);
}

/** The form of a `defineConfig` literal; endpoints in it are checked one by one, like those of the folder. */
export const configSchema = z.strictObject({
  providers: z.record(name, providerSchema).optional(),
  models: z.record(modelName, model).optional(),
  tiers: z.record(name, tier).optional(),
  resilience: resilience.optional(),
  responses: z.strictObject({ retentionDays: z.number().min(0).max(3650).optional() }).optional(),
  routes: routingSchema.optional(),
  budgets: budgetsSchema.optional(),
  limits: rateLimitsSchema.optional(),
  reuse: projectReuseSchema.optional(),
  idempotency: z
    .strictObject({ retentionHours: z.number().min(24, "This is 24 hours at least.").max(8760).optional() })
    .optional(),
  endpoints: z.record(z.string(), z.unknown()).optional(),
  project: z.string().min(1).optional(),
});
