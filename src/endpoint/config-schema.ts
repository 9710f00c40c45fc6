import { z } from "zod";
import { namePattern, nameRule } from "./endpoint-schema.ts";
import { describeNotBuilt, notBuilt, notBuiltMessage } from "./not-built.ts";

const name = z.string().regex(namePattern, nameRule);
const modelName = z.string().regex(/^[\w.:@/-]{1,128}$/, "A model's name is made of letters, digits and . : @ / _ -");

const providerOptions = z.discriminatedUnion(
  "type",
  [
    z.strictObject({
      type: z.literal("openai-chat"),
      baseUrl: z
        .url({ protocol: /^https?$/, error: "This must be an http or https URL." })
        .refine((url) => !/\/chat\/completions\/?$/.test(url), "Leave out /chat/completions: Headgate adds it."),
      apiKeyEnv: z
        .string()
        // The value is not repeated in the message: it may be the key itself.
        .regex(
          /^[A-Za-z_]\w{0,127}$/,
          "This must be the name of the environment variable that holds the key, never the key.",
        )
        .optional(),
      hasSchemaMode: z.boolean().optional(),
    }),
    z.strictObject({ type: z.literal("local") }),
  ],
  {
    error: ({ input }) => {
      const type = (input as { readonly type?: unknown } | undefined)?.type;
      const known = typeof type === "string" ? describeNotBuilt(notBuilt.providerTypes, type) : undefined;
      return known ?? 'A provider has a type: "openai-chat" or "local".';
    },
  },
);

/** The form of a `defineConfig` literal; endpoints in it are checked one by one, like those of the folder. */
export const configSchema = z.strictObject({
  providers: z.record(name, providerOptions).optional(),
  models: z.record(modelName, z.strictObject({ provider: z.string(), model: z.string().min(1).optional() })).optional(),
  tiers: z
    .record(
      name,
      z.string({
        error: ({ input }) =>
          Array.isArray(input) ? notBuiltMessage("A list of models in a tier") : "This must be the name of a model.",
      }),
    )
    .optional(),
  endpoints: z.record(z.string(), z.unknown()).optional(),
  project: z.string().min(1).optional(),
});
