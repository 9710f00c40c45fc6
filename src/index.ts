export type { Answer, AnswerEnvelope } from "./contract/answer.ts";
export { defineConfig } from "./endpoint/define-config.ts";
export type {
  AiSdkOptions,
  AnthropicOptions,
  BedrockOptions,
  ConfigDefinition,
  GeminiOptions,
  HostedOptions,
  LocalOptions,
  ModelCapability,
  ModelDefinition,
  OpenAiChatOptions,
  OpenAiResponsesOptions,
  PriceOptions,
  ProviderOptions,
  ResponsesOptions,
} from "./endpoint/define-config.ts";
export { defineEndpoint } from "./endpoint/define-endpoint.ts";
export type {
  AnySchema,
  EndpointDefinition,
  NormalizeOptions,
  RouteOptions,
  RouteRule,
  TypedSchema,
  ValidateOptions,
} from "./endpoint/define-endpoint.ts";
export { defineTool } from "./endpoint/define-tool.ts";
export type { ToolDefinition } from "./endpoint/define-tool.ts";
export { HeadgateError, errorCatalogue } from "./errors.ts";
export type { ErrorCode, ErrorEntry, Issue } from "./errors.ts";
export { createHeadgate } from "./headgate.ts";
export type { AnswerEvent, CallOptions, Headgate, HeadgateOptions } from "./headgate.ts";
