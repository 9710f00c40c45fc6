import { z } from "zod";
import { modelCapabilities } from "./define-config.ts";
import { namePattern, nameRule } from "./endpoint-schema.ts";
import { notBuiltMessage } from "./not-built.ts";
import { providerSchema } from "./provider-schema.ts";

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
const model = z.strictObject({
  provider: z.string(),
  model: z.string().min(1).optional(),
  price: price.optional(),
  contextWindow: z.int().positive().optional(),
  capabilities: z.array(capability).optional(),
});

/** The form of a `defineConfig` literal; endpoints in it are checked one by one, like those of the folder. */
export const configSchema = z.strictObject({
  providers: z.record(name, providerSchema).optional(),
  models: z.record(modelName, model).optional(),
  tiers: z
    .record(
      name,
      z.string({
        error: ({ input }) =>
          Array.isArray(input) ? notBuiltMessage("A list of models in a tier") : "This must be the name of a model.",
      }),
    )
    .optional(),
  responses: z.strictObject({ retentionDays: z.number().min(0).max(3650).optional() }).optional(),
  endpoints: z.record(z.string(), z.unknown()).optional(),
  project: z.string().min(1).optional(),
});
