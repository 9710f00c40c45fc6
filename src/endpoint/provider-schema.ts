import { z } from "zod";
import { openAiVendors, type OpenAiVendor } from "./vendors.ts";

const vendors = Object.keys(openAiVendors) as [OpenAiVendor, ...OpenAiVendor[]];

const variable = z
  .string()
  // The value is not repeated in the message: it may be the key itself.
  .regex(
    /^[A-Za-z_]\w{0,127}$/,
    "This must be the name of the environment variable that holds the key, never the key.",
  );

const baseUrl = z
  .url({ protocol: /^https?$/, error: "This must be an http or https URL." })
  .refine((url) => !/\/chat\/completions\/?$/.test(url), "Leave out /chat/completions: Headgate adds it.")
  .refine((url) => !/\/(?:responses|messages)\/?$/.test(url), "Leave out the last step of the path: Headgate adds it.");

// RFC 9110, section 5.6.2. A key in here would be stored with the project.
const headerName = z.string().regex(/^[a-z0-9!#$%&'*+.^_`|~-]{1,64}$/, "A header's name, in lower case.");
const secretHeaders = new Set(["authorization", "x-api-key", "api-key", "x-goog-api-key", "cookie"]);
const headers = z
  .record(headerName, z.string().max(4096))
  .refine(
    (given) => !Object.keys(given).some((name) => secretHeaders.has(name)),
    "Keys do not belong here: name their variable in apiKeyEnv.",
  );

const hosted = { baseUrl: baseUrl.optional(), apiKeyEnv: variable.optional(), headers: headers.optional() };
const vendor = z.enum(vendors, { error: `A vendor is one of: ${vendors.join(", ")}.` }).optional();
const apiVersion = z.string().min(1).optional();

const types = ["openai-chat", "openai-responses", "anthropic", "gemini", "bedrock", "ai-sdk", "local"];

/** One entry of `providers`. */
export const providerSchema = z
  .discriminatedUnion(
    "type",
    [
      z.strictObject({
        type: z.literal("openai-chat"),
        ...hosted,
        vendor,
        apiVersion,
        hasSchemaMode: z.boolean().optional(),
      }),
      z.strictObject({ type: z.literal("openai-responses"), ...hosted, vendor, apiVersion }),
      z.strictObject({ type: z.literal("anthropic"), ...hosted }),
      z.strictObject({
        type: z.literal("gemini"),
        ...hosted,
        vertex: z
          .strictObject({ project: z.string().regex(/^[\w:.-]+$/), location: z.string().regex(/^[\w-]+$/) })
          .optional(),
      }),
      z.strictObject({
        type: z.literal("bedrock"),
        ...hosted,
        region: z.string().regex(/^[a-z]{2}(?:-[a-z]+)+-\d$/, "This must be a region, such as us-east-1."),
        credentialsEnv: z
          .strictObject({ accessKeyId: variable, secretAccessKey: variable, sessionToken: variable.optional() })
          .optional(),
      }),
      z.strictObject({
        type: z.literal("ai-sdk"),
        languageModel: toFunction("languageModel"),
        embeddingModel: toFunction("embeddingModel").optional(),
      }),
      z.strictObject({ type: z.literal("local") }),
    ],
    { error: () => `A provider has a type: ${types.map((type) => `"${type}"`).join(", ")}.` },
  )
  .refine((options) => options.type !== "openai-chat" || (options.vendor ?? options.baseUrl) !== undefined, {
    path: ["baseUrl"],
    error: "Say which server: a baseUrl, or a vendor whose address is known.",
  })
  .refine((options) => !("vendor" in options) || options.vendor !== "azure" || options.baseUrl !== undefined, {
    path: ["baseUrl"],
    error: "Azure needs the address of your resource, such as https://my-resource.openai.azure.com.",
  });

function toFunction(name: string) {
  return z.custom<(model: string) => unknown>((value) => typeof value === "function", {
    error: `${name} is a function from a model's name to a model, such as (name) => cohere(name).`,
  });
}
