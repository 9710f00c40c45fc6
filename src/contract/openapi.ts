import { errorCatalogue } from "../errors.ts";
import type { LoadedEndpoint, Snapshot } from "../endpoint/snapshot.ts";
import type { JsonSchema } from "../json.ts";
import { toAnswer } from "./answer.ts";
import { listDialectPaths } from "./openapi-dialects.ts";
import { hoistSchema, withEnvelope } from "./openapi-schema.ts";
import { problemMediaType } from "./problem.ts";
import { toSample } from "./schema-sample.ts";

/** The parts of an OpenAPI 3.1 document that Headgate writes. */
export interface OpenApiDocument {
  readonly openapi: "3.1.0";
  readonly info: { readonly title: string; readonly version: string; readonly [field: string]: unknown };
  readonly servers: readonly { readonly url: string }[];
  readonly tags: readonly { readonly name: string; readonly description: string }[];
  readonly security: readonly Readonly<Record<string, readonly string[]>>[];
  readonly paths: Readonly<Record<string, PathItem>>;
  readonly components: {
    readonly schemas: Readonly<Record<string, JsonSchema>>;
    readonly responses: Readonly<Record<string, unknown>>;
    readonly securitySchemes: Readonly<Record<string, unknown>>;
  };
}

export interface PathItem {
  readonly get?: Operation;
  readonly post?: Operation;
  readonly delete?: Operation;
}

export interface Operation {
  readonly operationId: string;
  readonly summary: string;
  readonly description?: string;
  readonly tags: readonly string[];
  readonly security?: readonly Readonly<Record<string, readonly string[]>>[];
  readonly parameters?: readonly Readonly<Record<string, unknown>>[];
  readonly requestBody?: { readonly required: boolean; readonly content: Readonly<Record<string, MediaType>> };
  readonly responses: Readonly<Record<string, ResponseObject | { readonly $ref: string }>>;
}

interface ResponseObject {
  readonly description: string;
  readonly headers?: Readonly<Record<string, unknown>>;
  readonly content?: Readonly<Record<string, MediaType>>;
}

interface MediaType {
  readonly schema: JsonSchema;
  readonly example?: unknown;
}

export interface OpenApiOptions {
  /** Headgate's version. */
  readonly version: string;
  readonly auth: "keys" | "open";
}

/** Describes everything that a client may call, from what the project declares. */
export function toOpenApi(snapshot: Snapshot, { version, auth }: OpenApiOptions): OpenApiDocument {
  const schemas: Record<string, JsonSchema> = { Problem: problemSchema };
  const paths: Record<string, PathItem> = {};
  for (const endpoint of snapshot.endpoints.values()) {
    paths[`/api/${endpoint.name}/v${endpoint.contract}`] = { post: toOperation(endpoint, schemas) };
  }
  return {
    openapi: "3.1.0",
    info: {
      title: "Headgate",
      version,
      description: "The endpoints of this server.",
      license: { name: "Apache-2.0", identifier: "Apache-2.0" },
      "x-snapshot": snapshot.id,
    },
    servers: [{ url: "/" }],
    tags: [
      {
        name: "Endpoints",
        description: "Typed, versioned contracts. Answers are valid by their schema, or a problem.",
      },
      { name: "OpenAI", description: "OpenAI's APIs over the same pipeline, for any vendor's models." },
      { name: "Anthropic", description: "Anthropic's API over the same pipeline, for any vendor's models." },
      { name: "Health", description: "For orchestrators and load balancers." },
    ],
    security: auth === "keys" ? [{ apiKey: [] }] : [{}, { apiKey: [] }],
    paths: { ...paths, ...listDialectPaths(), ...healthPaths },
    components: {
      schemas,
      responses: {
        Problem: {
          description: "A problem (RFC 9457).",
          headers: { "X-Request-Id": requestIdHeader },
          content: { [problemMediaType]: { schema: { $ref: "#/components/schemas/Problem" } } },
        },
      },
      securitySchemes: {
        apiKey: { type: "http", scheme: "bearer", description: "A key made by `headgate keys create`." },
      },
    },
  };
}

const requestIdHeader = {
  description: "The request's id: the client's own when it sent a UUID.",
  schema: { type: "string", format: "uuid" },
};
const reuseHeaders = {
  "X-Headgate-Cache": {
    description: "Where the answer comes from.",
    schema: { type: "string", enum: ["miss", "hit", "join", "bypass", "semantic"] },
  },
  Age: {
    description: "Seconds since a kept answer was given.",
    schema: { type: "integer", minimum: 0 },
  },
};
const problem = { $ref: "#/components/responses/Problem" };
const exampleRequestId = "01939a4c-7b1e-7c3a-9f52-0d6a4b8c1e2f";

function toOperation(endpoint: LoadedEndpoint, schemas: Record<string, JsonSchema>): Operation {
  const name = `${toPascalCase(endpoint.name)}V${endpoint.contract}`;
  const input = hoistSchema(schemas, `${name}Input`, endpoint.input.jsonSchema);
  const answer = hoistSchema(schemas, `${name}Answer`, withEnvelope(endpoint.output.contractSchema));
  const example = toExampleAnswer(endpoint);
  return {
    operationId: `${endpoint.name}_v${endpoint.contract}`,
    summary: toSummary(endpoint.description, endpoint.name),
    description: endpoint.description,
    tags: ["Endpoints"],
    parameters: [
      {
        name: "X-Request-Id",
        in: "header",
        required: false,
        description: "A UUID of the client's own for this request.",
        schema: { type: "string", format: "uuid" },
      },
    ],
    requestBody: {
      required: true,
      content: {
        "application/json": {
          schema: input,
          ...(endpoint.example === undefined ? {} : { example: endpoint.example }),
        },
      },
    },
    responses: {
      "200": {
        description: "The answer; with `Accept: text/event-stream` the same answer as it grows.",
        headers: {
          "X-Request-Id": requestIdHeader,
          "Headgate-Snapshot": {
            description: "What the project declared when it answered.",
            schema: { type: "string" },
          },
          ...(endpoint.reuse ? reuseHeaders : {}),
        },
        content: {
          "application/json": { schema: answer, ...(example === undefined ? {} : { example }) },
          "text/event-stream": { schema: eventStreamSchema },
        },
      },
      ...toProblems([400, 401, 403, 404, 408, 413, 415, 422, 429, 500, 502, 503, 504]),
    },
  };
}

function toProblems(statuses: readonly number[]): Record<string, typeof problem> {
  return Object.fromEntries(statuses.map((status) => [String(status), problem]));
}

function toPascalCase(name: string): string {
  return name.replaceAll(/(?:^|[^A-Za-z0-9]+)([A-Za-z0-9]?)/g, (_match, letter: string) => letter.toUpperCase());
}

function toSummary(description: string, name: string): string {
  const sentence = description.split(/(?<=[.!?])\s|\n/, 1)[0] ?? "";
  return sentence === "" ? name : sentence.replace(/\.$/, "");
}

// An example that breaks the user's own schema would mislead, so it is left out.
function toExampleAnswer({ output }: LoadedEndpoint): unknown {
  const sample = toSample(output.jsonSchema);
  try {
    const result = output.check(sample);
    if (result instanceof Promise || !result.ok) return undefined;
    const fields = result.value as Record<string, unknown>;
    return toAnswer(exampleRequestId, { status: "ok", output: fields, warnings: [] });
  } catch {
    return undefined;
  }
}

const eventStreamSchema: JsonSchema = {
  type: "string",
  description: [
    "Server-sent events, each with one JSON object as data. Clients ignore events that they do not know.",
    "`delta`: a change of the answer's output fields, `{ path, append }` or `{ path, set }`; `path` is a JSON Pointer.",
    "`reset`: `{ reason }`; everything so far is void and the answer starts anew.",
    "`done`: the whole answer, the same as without streaming. The last event.",
    "`error`: a problem, in place of `done`. The last event.",
  ].join("\n\n"),
};

const problemSchema: JsonSchema = {
  type: "object",
  description: "What went wrong (RFC 9457), and whether trying again can help.",
  properties: {
    type: { type: "string", description: "Where the code is explained." },
    title: { type: "string" },
    status: { type: "integer" },
    code: { type: "string", enum: Object.keys(errorCatalogue) },
    detail: { type: "string", description: "What happened this time, and what to do." },
    issues: {
      type: "array",
      description: "The fields that break their schema.",
      items: {
        type: "object",
        properties: { path: { type: "string", description: "JSON Pointer." }, message: { type: "string" } },
        required: ["path", "message"],
      },
    },
    requestId: { type: "string", format: "uuid" },
    retryable: { type: "boolean", description: "True if the same request can succeed later." },
    retryAfterMs: { type: "number", description: "How long to wait before the next try." },
  },
  required: ["type", "title", "status", "code", "requestId", "retryable"],
};

const healthPaths: Readonly<Record<string, PathItem>> = {
  "/livez": { get: toHealthOperation("livez", "Tell that the process answers", []) },
  "/readyz": { get: toHealthOperation("readyz", "Tell whether the server should get traffic", ["503"]) },
};

function toHealthOperation(operationId: string, summary: string, failures: readonly string[]): Operation {
  const content = { "application/json": { schema: { type: "object" } } };
  return {
    operationId,
    summary,
    tags: ["Health"],
    security: [],
    responses: {
      "200": { description: "Yes.", content },
      ...Object.fromEntries(failures.map((status) => [status, { description: "Not now.", content }])),
      "404": problem,
    },
  };
}
