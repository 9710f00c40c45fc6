import type { ProviderOptions } from "../../../src/endpoint/define-config.ts";
import type { ClientName, Failure, Json, ModelKind, SaidAnswer } from "../matrix-case.ts";

/** A request as it reached the vendor. */
export interface SeenRequest {
  /** Without the vendor's own prefix. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Json;
}

export interface RenderedAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

/** Speaks as one vendor's servers do. */
export interface MatrixVendor {
  /** Of the provider in the config, too. */
  readonly name: string;
  /** @param url where the vendor is, without a slash at its end */
  readonly provider: (url: string) => ProviderOptions;
  /** Keys that the provider reads. */
  readonly environment: Readonly<Record<string, string>>;
  /** What every request has, keys among them; in lower case. */
  readonly headers: Readonly<Record<string, RegExp>>;
  readonly models: Readonly<Record<ModelKind, string>>;
  /** The client's dialect that it speaks itself. */
  readonly relays?: ClientName;
  /** The answer as this request asked for it: whole or streamed, with what it wanted to be told. */
  readonly say: (answer: SaidAnswer, request: SeenRequest) => RenderedAnswer;
  readonly fail: (failure: Failure, request: SeenRequest) => RenderedAnswer;
}

/** Asked-for waits of rate limits, in seconds. */
export const retryAfterSeconds = 7;

export function renderJson(
  body: unknown,
  status = 200,
  headers: Readonly<Record<string, string>> = {},
): RenderedAnswer {
  const type = { "content-type": "application/json" };
  return { status, headers: { ...type, ...headers }, body: Buffer.from(JSON.stringify(body)) };
}

export function renderEvents(lines: readonly string[], type = "text/event-stream; charset=utf-8"): RenderedAnswer {
  return { status: 200, headers: { "content-type": type }, body: Buffer.from(lines.join("")) };
}

export function join(pieces: readonly string[] | undefined): string {
  return (pieces ?? []).join("");
}

/** What a stream says before it fails. */
export const firstWords: SaidAnswer = { type: "said", text: ["Hello"], end: "stop", usage: { input: 12, output: 1 } };
