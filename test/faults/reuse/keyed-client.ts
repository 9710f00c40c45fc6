import { request } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { isRecord, parseJson } from "../../../src/json.ts";

/** A request with an Idempotency-Key, as a client sends it. */
export interface KeyedOrder {
  readonly secret: string;
  readonly key: string;
  readonly path: string;
  readonly body: unknown;
  readonly accept?: string;
}

/** What came back. Status 0: the connection ended before the answer did. */
export interface KeyedAnswer {
  readonly status: number;
  readonly body: string;
  readonly requestId: string | undefined;
  readonly isReplayed: boolean;
  /** Of an error. */
  readonly code: string | undefined;
}

const gone: KeyedAnswer = { status: 0, body: "", requestId: undefined, isReplayed: false, code: undefined };
const timeoutMs = 90_000;

/** Asks once, on a connection of its own. */
export function askKeyed(url: string, { secret, key, path, body, accept }: KeyedOrder): Promise<KeyedAnswer> {
  const headers = {
    "content-type": "application/json",
    authorization: `Bearer ${secret}`,
    "idempotency-key": key,
    accept: accept ?? "application/json",
  };
  return new Promise((resolve) => {
    const sent = request(url + path, { method: "POST", agent: false, headers, timeout: timeoutMs });
    sent.on("timeout", () => sent.destroy());
    sent.on("error", () => resolve(gone));
    sent.on("response", (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      // `close` tells of it too.
      response.on("error", () => {});
      response.on("close", () => {
        if (!response.complete) return resolve(gone);
        const text = Buffer.concat(chunks).toString();
        const requestId = response.headers["x-request-id"];
        resolve({
          status: response.statusCode ?? 0,
          body: text,
          requestId: typeof requestId === "string" ? requestId : undefined,
          isReplayed: response.headers["idempotency-replayed"] === "true",
          code: response.statusCode === 200 ? undefined : readCode(text),
        });
      });
    });
    sent.end(JSON.stringify(body));
  });
}

const passing = new Set(["idempotency_conflict", "overloaded"]);
const mostTries = 60;

/** Asks again after each refusal that says that it passes. */
export async function askUntilAnswered(url: string, order: KeyedOrder): Promise<KeyedAnswer & { tries: number }> {
  for (let tries = 1; ; tries++) {
    const answer = await askKeyed(url, order);
    if (tries === mostTries || !passing.has(answer.code ?? "")) return { ...answer, tries };
    await sleep(1000);
  }
}

function readCode(text: string): string {
  const value = parseJson(text);
  const error = isRecord(value) && isRecord(value["error"]) ? value["error"] : value;
  return isRecord(error) && typeof error["code"] === "string" ? error["code"] : "no code";
}
