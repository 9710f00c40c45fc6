import type { Clock } from "../../clock.ts";
import type { HeadgateError } from "../../errors.ts";
import type { Outbound, OutboundRequest, StreamedAnswer } from "../../outbound.ts";
import type { ProviderContext } from "../provider.ts";
import { parseLimits } from "./parse-limits.ts";
import { toProviderError, type FailedAnswer } from "./provider-failure.ts";

/** What every provider over HTTP is made from. */
export interface WireOptions {
  /** The provider's name in the config. */
  readonly name: string;
  readonly outbound: Outbound;
  readonly clock: Clock;
  /** Most bytes of one answer. @default 32 MiB */
  readonly maxResponseBytes?: number;
  /** Sent with every request; wins over the format's own headers. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** One POST to the vendor. */
export interface WireRequest {
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Posts JSON to a vendor; statuses other than 2xx are thrown as errors of the catalogue. */
export interface WireClient {
  /** What errors call the provider. */
  readonly peer: string;
  readonly clock: Clock;
  post(request: WireRequest, context: ProviderContext): Promise<Buffer>;
  /** Resolves when the head is there. The body must be read to its end, released or cancelled. */
  stream(request: WireRequest, context: ProviderContext): Promise<StreamedAnswer>;
}

const defaultMaxBytes = 32 * 1024 * 1024;

export function createWireClient(
  options: WireOptions,
  toFailure: (answer: FailedAnswer) => HeadgateError = toProviderError,
): WireClient {
  const { name, outbound, clock, maxResponseBytes: maxBytes = defaultMaxBytes, headers: ownHeaders } = options;
  const peer = `The provider ${name}`;
  const base = { "content-type": "application/json", "user-agent": "headgate" };

  function toOutboundRequest(request: WireRequest, { signal, deadlineMs }: ProviderContext): OutboundRequest {
    const { url, headers, body } = request;
    const all = ownHeaders ? { ...base, ...headers, ...ownHeaders } : { ...base, ...headers };
    return { method: "POST", url, headers: all, body, signal, deadlineMs, maxBytes, peer };
  }

  function tellLimits({ headers }: Pick<StreamedAnswer, "headers">, { seeLimits }: ProviderContext): void {
    const limits = seeLimits && parseLimits(headers, clock.now());
    if (limits) seeLimits(limits);
  }

  return {
    peer,
    clock,
    post: async (request, context) => {
      const answer = await outbound.request(toOutboundRequest(request, context));
      tellLimits(answer, context);
      if (isOk(answer.status)) return answer.body;
      throw toFailure({ ...answer, peer, nowMs: clock.now() });
    },
    stream: async (request, context) => {
      const answer = await outbound.stream(toOutboundRequest(request, context));
      tellLimits(answer, context);
      if (isOk(answer.status)) return answer;
      throw toFailure({ ...answer, body: await answer.body.collect(), peer, nowMs: clock.now() });
    },
  };
}

function isOk(status: number): boolean {
  return status >= 200 && status < 300;
}
