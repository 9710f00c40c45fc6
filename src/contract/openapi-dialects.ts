import type { Operation, PathItem } from "./openapi.ts";

/** One route of somebody else's API: described by its owner, so only its outline is told. */
interface ForeignRoute {
  readonly path: string;
  readonly method: "get" | "post" | "delete";
  readonly operationId: string;
  readonly summary: string;
  readonly vendor: "OpenAI" | "Anthropic";
  /** Of a POST: what has to be in the body. */
  readonly example?: Readonly<Record<string, unknown>>;
  readonly isStreamed?: boolean;
}

const messages = [{ role: "user", content: "Say hello." }];

const routes: readonly ForeignRoute[] = [
  {
    path: "/v1/chat/completions",
    method: "post",
    operationId: "chat_completions",
    summary: "Complete a chat",
    vendor: "OpenAI",
    example: { model: "standard", messages },
    isStreamed: true,
  },
  {
    path: "/v1/responses",
    method: "post",
    operationId: "responses_create",
    summary: "Answer with the Responses API",
    vendor: "OpenAI",
    example: { model: "standard", input: "Say hello." },
    isStreamed: true,
  },
  {
    path: "/v1/responses/{id}",
    method: "get",
    operationId: "responses_get",
    summary: "Read an answer that is kept",
    vendor: "OpenAI",
  },
  {
    path: "/v1/responses/{id}",
    method: "delete",
    operationId: "responses_delete",
    summary: "Delete an answer that is kept",
    vendor: "OpenAI",
  },
  {
    path: "/v1/responses/{id}/input_items",
    method: "get",
    operationId: "responses_input_items",
    summary: "List what an answer that is kept was given",
    vendor: "OpenAI",
  },
  {
    path: "/v1/embeddings",
    method: "post",
    operationId: "embeddings",
    summary: "Embed texts",
    vendor: "OpenAI",
    example: { model: "standard", input: "A text." },
  },
  {
    path: "/v1/moderations",
    method: "post",
    operationId: "moderations",
    summary: "Classify texts by a vendor's policy",
    vendor: "OpenAI",
    example: { model: "openai/omni-moderation-latest", input: "A text." },
  },
  {
    path: "/v1/models",
    method: "get",
    operationId: "models_list",
    summary: "List models, tiers and endpoints",
    vendor: "OpenAI",
  },
  {
    path: "/v1/models/{id}",
    method: "get",
    operationId: "models_get",
    summary: "Tell whether there is a model of this name",
    vendor: "OpenAI",
  },
  {
    path: "/v1/messages",
    method: "post",
    operationId: "messages_create",
    summary: "Create a message",
    vendor: "Anthropic",
    example: { model: "standard", max_tokens: 1024, messages },
    isStreamed: true,
  },
  {
    path: "/v1/messages/count_tokens",
    method: "post",
    operationId: "messages_count_tokens",
    summary: "Count a message's input tokens",
    vendor: "Anthropic",
    example: { model: "standard", messages },
  },
];

/** The routes that speak OpenAI's and Anthropic's APIs. */
export function listDialectPaths(): Readonly<Record<string, PathItem>> {
  const byPath = Map.groupBy(routes, ({ path }) => path);
  return Object.fromEntries(
    [...byPath].map(([path, found]) => [
      path,
      Object.fromEntries(found.map((route) => [route.method, toOperation(route)])) as PathItem,
    ]),
  );
}

function toOperation({ path, operationId, summary, vendor, example, isStreamed }: ForeignRoute): Operation {
  const anything = { schema: { type: "object" } };
  const id = { name: "id", in: "path", required: true, schema: { type: "string" } };
  return {
    operationId,
    summary,
    description: `As ${vendor}'s API: point its SDK here. Fields are ${vendor}'s; errors have its shape.`,
    tags: [vendor],
    ...(path.includes("{id}") ? { parameters: [id] } : {}),
    ...(example ? { requestBody: toRequestBody(example) } : {}),
    responses: {
      "200": {
        description: isStreamed ? "The answer; with `stream: true` its events." : "The answer.",
        content: {
          "application/json": anything,
          ...(isStreamed ? { "text/event-stream": { schema: { type: "string" } } } : {}),
        },
      },
      "4XX": { description: "The request cannot be answered as it is.", content: { "application/json": anything } },
      default: { description: `An error in ${vendor}'s shape.`, content: { "application/json": anything } },
    },
  };
}

function toRequestBody(example: Readonly<Record<string, unknown>>): Operation["requestBody"] {
  const properties = Object.fromEntries(Object.keys(example).map((name) => [name, {}]));
  const schema = { type: "object", properties, required: Object.keys(example) };
  return { required: true, content: { "application/json": { schema, example } } };
}
