import { Agent, request } from "node:http";
import { randomUUID } from "node:crypto";

/** A request that was sent; its client can leave it. */
export interface OpenRequest {
  readonly requestId: string;
  leave(): void;
  /** Never rejects. */
  readonly answer: Promise<RequestAnswer>;
}

export interface RequestAnswer {
  /** Undefined: the connection ended before. */
  readonly status: number | undefined;
  /** `X-Headgate-Cache`. */
  readonly cache: string | undefined;
  /** The contract's answer without its request id, as JSON; "" if there is none. */
  readonly text: string;
}

// Each request has a connection of its own, as those of different clients have.
const agent = new Agent({ maxSockets: Number.POSITIVE_INFINITY });
const waitMs = 60_000;

/** Calls an endpoint over HTTP, plain or streamed. */
export function openRequest(url: string, input: unknown, isStream: boolean): OpenRequest {
  const requestId = randomUUID();
  const headers = {
    "content-type": "application/json",
    "x-request-id": requestId,
    accept: isStream ? "text/event-stream" : "application/json",
  };
  const sent = request(url, { method: "POST", headers, agent, timeout: waitMs });
  const answer = new Promise<RequestAnswer>((resolve) => {
    const nothing = { status: undefined, cache: undefined, text: "" };
    sent.on("timeout", () => sent.destroy());
    sent.on("error", () => resolve(nothing));
    sent.on("response", (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
      response.on("error", () => resolve(nothing));
      response.on("end", () => {
        const cache = response.headers["x-headgate-cache"];
        resolve({ status: response.statusCode, cache: cache?.toString(), text: readAnswer(text, isStream) });
      });
    });
  });
  sent.end(JSON.stringify(input));
  return { requestId, answer, leave: () => sent.destroy() };
}

function readAnswer(text: string, isStream: boolean): string {
  const data = isStream ? /event: done\ndata: (.*)\n/.exec(text)?.[1] : text;
  if (data === undefined) return "";
  const { requestId: _requestId, ...answer } = JSON.parse(data) as Record<string, unknown>;
  return JSON.stringify(answer);
}
