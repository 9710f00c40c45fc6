import { join } from "node:path";
import type { Part } from "./reply.ts";
import { readEnvironment } from "./config.ts";
import { toAnswer } from "./contract/answer.ts";
import type { Answer } from "./contract/answer.ts";
import type { ConfigDefinition } from "./endpoint/define-config.ts";
import type { EndpointMap, InputOf, OutputOf } from "./endpoint/define-endpoint.ts";
import { HeadgateError } from "./errors.ts";
import { openGateway } from "./gateway.ts";
import type { EndpointRequest, OpenGateway } from "./gateway.ts";
import { createRequestId } from "./ids.ts";
import { createLogger } from "./telemetry/logger.ts";

type NameOf<E> = [keyof E] extends [never] ? string : keyof E & string;
type EndpointOf<E, Name> = Name extends keyof E ? E[Name] : unknown;

/** One event of a streamed answer. Apply deltas in order; `reset` voids those before it; `done` is the whole contract. */
export type AnswerEvent<Output = Record<string, unknown>> =
  | { readonly type: "delta"; readonly path: string; readonly append: string }
  | { readonly type: "delta"; readonly path: string; readonly set: unknown }
  | { readonly type: "reset"; readonly reason: string }
  | { readonly type: "done"; readonly answer: Answer<Output> };

export interface CallOptions {
  /** Cancels the call, down to the provider's socket. */
  readonly signal?: AbortSignal;
  /** The contract version. @default the newest */
  readonly contract?: number;
  /** Whose data it is. @default "local" */
  readonly tenant?: string;
}

/** Endpoints as typed functions, over the same pipeline as HTTP. Endpoints that are only in the folder take any name and input. */
export interface Headgate<E extends EndpointMap = {}> {
  /** @throws HeadgateError with a code of the catalogue. */
  call<Name extends NameOf<E>>(
    name: Name,
    input: InputOf<EndpointOf<E, Name>>,
    options?: CallOptions,
  ): Promise<Answer<OutputOf<EndpointOf<E, Name>>>>;
  stream<Name extends NameOf<E>>(
    name: Name,
    input: InputOf<EndpointOf<E, Name>>,
    options?: CallOptions,
  ): AsyncIterable<AnswerEvent<OutputOf<EndpointOf<E, Name>>>>;
  /** Resolves when the project is loaded and the store open; calls wait for it by themselves. */
  ready(): Promise<void>;
  /** Lets records reach the store and frees the data folder. */
  close(): Promise<void>;
}

export interface HeadgateOptions<E extends EndpointMap = {}> extends ConfigDefinition<E> {
  /** Holds the embedded store and the journal; one process at a time. @default `.headgate` in the project, or here */
  readonly dataFolder?: string;
}

/**
 * Opens Headgate inside this process. Opening begins at once and goes on in the background: what goes wrong is thrown by
 * the first call, or by `ready`.
 */
export function createHeadgate<const E extends EndpointMap = {}>({
  dataFolder,
  ...config
}: HeadgateOptions<E>): Headgate<E> {
  const environment = readEnvironment();
  const level = environment.logLevel === "info" ? "warn" : environment.logLevel;
  const { log, logCall, flush } = createLogger({ level, destination: 2 });
  const opening = openGateway({
    folder: config.project,
    config,
    dataFolder: dataFolder ?? join(config.project ?? ".", ".headgate"),
    environment,
    sources: ["hosted", "model-server", "local"],
    log,
    logCall,
  });
  opening.catch(() => {});

  return {
    call: async (name, input, options = {}) => {
      const gateway = await opening;
      const request = toRequest(gateway, name, input, options, false);
      const { whole } = await gateway.callEndpoint(request);
      if (!whole?.outcome) throw new HeadgateError("internal");
      return toAnswer(request.requestId, whole.outcome) as never;
    },
    stream: (name, input, options = {}) => streamEvents(opening, name, input, options) as never,
    ready: async () => void (await opening),
    close: async () => {
      const gateway = await opening.catch(() => undefined);
      await gateway?.close();
      flush();
    },
  };
}

async function* streamEvents(
  opening: Promise<OpenGateway>,
  name: string,
  input: unknown,
  options: CallOptions,
): AsyncGenerator<AnswerEvent> {
  const gateway = await opening;
  const request = toRequest(gateway, name, input, options, true);
  const reply = await gateway.callEndpoint(request);
  for await (const part of reply.parts) {
    const event = toEvent(request.requestId, part);
    if (event) yield event;
  }
}

function toEvent(requestId: string, part: Part): AnswerEvent | undefined {
  if (part.type === "delta" || part.type === "reset") return part;
  if (part.type === "finish" && part.outcome) return { type: "done", answer: toAnswer(requestId, part.outcome) };
  return undefined;
}

function toRequest(
  gateway: OpenGateway,
  name: string,
  input: unknown,
  options: CallOptions,
  stream: boolean,
): EndpointRequest {
  return {
    endpoint: name,
    contract: options.contract ?? newestContract(gateway, name),
    input,
    stream,
    tenant: options.tenant ?? "local",
    requestId: createRequestId(Date.now()),
    signal: options.signal ?? new AbortController().signal,
  };
}

function newestContract(gateway: OpenGateway, name: string): number {
  const versions = [...gateway.snapshot.endpoints.values()].filter((endpoint) => endpoint.name === name);
  return Math.max(0, ...versions.map(({ contract }) => contract));
}
