import type { Clock } from "./clock.ts";
import type { Environment } from "./config.ts";
import type { BedrockOptions, ProviderOptions } from "./endpoint/define-config.ts";
import { findBaseUrl, findKeyName } from "./endpoint/vendors.ts";
import { HeadgateError } from "./errors.ts";
import type { Outbound } from "./outbound.ts";
import { acceptsPrefill } from "./providers/continuation.ts";
import { createAiSdkProvider } from "./providers/ai-sdk/ai-sdk.ts";
import { createAnthropicProvider } from "./providers/anthropic/anthropic.ts";
import { createBedrockProvider, type BedrockProviderOptions } from "./providers/bedrock/bedrock.ts";
import { createGeminiProvider } from "./providers/gemini/gemini.ts";
import { createEmbedder } from "./providers/local/embed.ts";
import { createLocalProvider } from "./providers/local/local.ts";
import { createOpenAiChatProvider } from "./providers/openai-chat/openai-chat.ts";
import { createOpenAiResponsesProvider } from "./providers/openai-responses/openai-responses.ts";
import type { Provider } from "./providers/provider.ts";

export interface ConnectOptions {
  /** The provider's name in the config. */
  readonly name: string;
  readonly options: ProviderOptions;
  readonly environment: Environment;
  readonly outbound: Outbound;
  readonly clock: Clock;
}

/** Makes the provider that a config entry declares. @throws HeadgateError `provider_auth` if its key is missing */
export function connectProvider(declared: ConnectOptions): Provider {
  const { options } = declared;
  return { ...connect(declared), continuesAnswers: (model) => acceptsPrefill(options, model) };
}

function connect({ name, options, environment, outbound, clock }: ConnectOptions): Provider {
  if (options.type === "local") return createLocalProvider({ clock, embed: createEmbedder({ clock }) });
  if (options.type === "ai-sdk") {
    const { languageModel, embeddingModel } = options;
    return createAiSdkProvider({ name, languageModel, embeddingModel, clock });
  }
  const baseUrl = findBaseUrl(options) ?? "";
  if (options.type === "bedrock") {
    const { region, headers } = options;
    const credentials = readAwsCredentials(name, options, environment);
    return createBedrockProvider({ name, baseUrl, region, credentials, headers, outbound, clock });
  }
  const apiKey = readKey(name, options, environment);
  if (options.type === "anthropic") {
    return createAnthropicProvider({ name, baseUrl, apiKey, headers: options.headers, outbound, clock });
  }
  if (options.type === "gemini") {
    const auth = options.vertex ? "bearer" : "api-key";
    return createGeminiProvider({ name, baseUrl, apiKey, auth, headers: options.headers, outbound, clock });
  }
  if (options.type === "openai-responses") {
    const { vendor = "openai", apiVersion, headers } = options;
    return createOpenAiResponsesProvider({ name, baseUrl, apiKey, vendor, apiVersion, headers, outbound, clock });
  }
  const { vendor, apiVersion, hasSchemaMode, headers } = options;
  const chat = { name, baseUrl, apiKey, vendor, apiVersion, headers, hasSchemaMode };
  return createOpenAiChatProvider({ ...chat, outbound, clock });
}

/** Variables of the environment without which the provider cannot be connected. */
export function listKeyNames(options: ProviderOptions): readonly string[] {
  const keyName = findKeyName(options);
  if (keyName !== undefined) return [keyName];
  if (options.type !== "bedrock") return [];
  const { accessKeyId, secretAccessKey } = options.credentialsEnv ?? awsVariables;
  return [accessKeyId, secretAccessKey];
}

const awsVariables = {
  accessKeyId: "AWS_ACCESS_KEY_ID",
  secretAccessKey: "AWS_SECRET_ACCESS_KEY",
  sessionToken: "AWS_SESSION_TOKEN",
};

function readAwsCredentials(
  name: string,
  options: BedrockOptions,
  environment: Environment,
): BedrockProviderOptions["credentials"] {
  const apiKey = readKey(name, options, environment);
  if (apiKey !== undefined) return { type: "bearer", apiKey };
  const { accessKeyId, secretAccessKey, sessionToken } = options.credentialsEnv ?? awsVariables;
  return {
    type: "sigv4",
    accessKeyId: readVariable(name, accessKeyId, environment),
    secretAccessKey: readVariable(name, secretAccessKey, environment),
    sessionToken: sessionToken === undefined ? undefined : environment.secret(sessionToken),
  };
}

function readKey(name: string, options: ProviderOptions, environment: Environment): string | undefined {
  const variable = findKeyName(options);
  return variable === undefined ? undefined : readVariable(name, variable, environment);
}

function readVariable(name: string, variable: string, environment: Environment): string {
  const value = environment.secret(variable);
  if (value !== undefined) return value;
  throw new HeadgateError("provider_auth", {
    detail: `The provider ${name} needs the environment variable ${variable}.`,
  });
}
