import { Agent, request, type IncomingMessage } from "node:http";
import { isRecord, parseJson } from "../../../src/json.ts";
import type { FaultRow } from "./fault-row.ts";

/** What a client of the row's surface has seen at the end. */
export interface Seen {
  readonly ending: "complete" | "error" | "truncated" | "hung" | "broken";
  readonly status: number;
  readonly text: string;
  /** The error's code, or how the stream broke. */
  readonly code: string;
  /** It was told that another model call went on with the answer. */
  readonly isRescued: boolean;
  readonly ms: number;
}

const question = "Tell me of the bridge.";
const agent = new Agent({ keepAlive: true, maxSockets: 64 });

/** Asks for the row's target as an ordinary client would, and never waits longer than `timeoutMs`. */
export async function askRow(url: string, row: FaultRow, requestId: string, timeoutMs: number): Promise<Seen> {
  const startedAtMs = performance.now();
  const took = (): number => Math.round(performance.now() - startedAtMs);
  try {
    const response = await post(url, row, requestId, timeoutMs);
    const body = await readAll(response);
    return { ...readAnswer(row, response, body), ms: took() };
  } catch (error) {
    const code = (error as Error).message;
    const ending = code === "timeout" ? "hung" : "broken";
    return { ending, status: 0, text: "", code, isRescued: false, ms: took() };
  }
}

function post(url: string, row: FaultRow, requestId: string, timeoutMs: number): Promise<IncomingMessage> {
  const { path, body, accept } = toRequest(row);
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => outgoing.destroy(new Error("timeout")), timeoutMs);
    const headers = { "content-type": "application/json", accept, "x-request-id": requestId };
    const outgoing = request(url + path, { method: "POST", agent, headers });
    outgoing.on("response", (response) => {
      response.once("close", () => clearTimeout(timer));
      resolve(response);
    });
    outgoing.on("error", (error) => {
      clearTimeout(timer);
      reject(error);
    });
    outgoing.end(JSON.stringify(body));
  });
}

function toRequest({ surface, isStream, target }: FaultRow): { path: string; body: unknown; accept: string } {
  const messages = [{ role: "user", content: question }];
  const accept = isStream ? "text/event-stream" : "application/json";
  if (surface === "endpoint") return { path: "/api/ask/v1", body: { text: question, row: target }, accept };
  if (surface === "messages") {
    return { path: "/v1/messages", body: { model: target, messages, max_tokens: 4000, stream: isStream }, accept };
  }
  const options = isStream ? { stream_options: { include_usage: true } } : {};
  return { path: "/v1/chat/completions", body: { model: target, messages, stream: isStream, ...options }, accept };
}

async function readAll(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}

type Answer = Omit<Seen, "ms">;

function readAnswer(row: FaultRow, response: IncomingMessage, body: string): Answer {
  const status = response.statusCode ?? 0;
  const isEvents = response.headers["content-type"]?.startsWith("text/event-stream") === true;
  if (isEvents) return { status, ...readEvents(row, body) };
  const value = tryParse(body);
  const failed = { status, text: "", isRescued: false } as const;
  if (!isRecord(value)) return { ...failed, ending: "broken", code: "not JSON" };
  if (status >= 400) return { ...failed, ending: "error", code: readCode(value) };
  return { status, ending: "complete", text: readText(row, value), code: "", isRescued: false };
}

function readText({ surface }: FaultRow, value: Readonly<Record<string, unknown>>): string {
  if (surface === "endpoint") return toOutcome(value);
  const content = dig(value, surface === "messages" ? ["content"] : ["choices", 0, "message", "content"]);
  if (typeof content === "string") return content;
  return Array.isArray(content) ? content.map((block) => toText(dig(block, ["text"]))).join("") : "";
}

function readCode(value: Readonly<Record<string, unknown>>): string {
  const error = isRecord(value["error"]) ? value["error"] : value;
  return toText(error["code"] ?? error["type"] ?? "unknown");
}

/** Adds a stream's events up, strictly: an event that cannot be read, or comes after the end, breaks it. */
function readEvents(row: FaultRow, body: string): Omit<Answer, "status"> {
  let text = "";
  let isRescued = false;
  let end: "done" | "error" | undefined;
  let hasFinish = false;
  let code = "";
  if (!/(?:\r\n|\n|\r)(?:\r\n|\n|\r)$/.test(body))
    return { ending: "broken", text, code: "an event that has no end", isRescued };
  for (const { name, data } of splitEvents(body)) {
    if (end !== undefined) return { ending: "broken", text, code: `an event after the end: ${name}`, isRescued };
    if (data === "[DONE]") {
      end = "done";
      continue;
    }
    const value = tryParse(data);
    if (!isRecord(value))
      return { ending: "broken", text, code: `an event that is no JSON: ${data.slice(0, 40)}`, isRescued };
    isRescued ||= "headgate" in value;
    if (name === "error" || "error" in value) {
      end = "error";
      code = readCode(value);
    } else if (row.surface === "endpoint") {
      if (name === "done") {
        end = "done";
        hasFinish = true;
        text = toOutcome(value);
        isRescued = String(value["warnings"]).includes("answer_rescued");
      }
    } else if (row.surface === "messages") {
      if (value["type"] === "content_block_delta") text += toText(dig(value, ["delta", "text"]));
      hasFinish ||= value["type"] === "message_delta" && typeof dig(value, ["delta", "stop_reason"]) === "string";
      if (value["type"] === "message_stop") end = "done";
    } else {
      text += toText(dig(value, ["choices", 0, "delta", "content"]));
      hasFinish ||= typeof dig(value, ["choices", 0, "finish_reason"]) === "string";
    }
  }
  if (end === "error") return { ending: "error", text, code, isRescued };
  // Vendors leave [DONE] out, and what they sent as a finish is the end.
  const isComplete = hasFinish && (end === "done" || row.surface === "chat");
  return { ending: isComplete ? "complete" : "truncated", text, code, isRescued };
}

function* splitEvents(body: string): Generator<{ readonly name: string; readonly data: string }> {
  for (const block of body
    .replaceAll(/\r\n?/g, "\n")
    .replace(/^\uFEFF/, "")
    .split("\n\n")) {
    const lines = block.split("\n");
    const read = (field: string): string[] =>
      lines
        .filter((line) => line === field || line.startsWith(`${field}:`))
        .map((line) => line.slice(field.length + 1).replace(/^ /, ""));
    const data = read("data");
    if (data.length > 0) yield { name: read("event").at(-1) ?? "", data: data.join("\n") };
  }
}

/** Without what differs from answer to answer. */
export function toOutcome(answer: Readonly<Record<string, unknown>>): string {
  return JSON.stringify({ ...answer, requestId: undefined, warnings: undefined });
}

function toText(value: unknown): string {
  return typeof value === "string" || typeof value === "number" ? String(value) : "";
}

function dig(value: unknown, path: readonly (string | number)[]): unknown {
  let at = value;
  for (const key of path)
    at = typeof at === "object" && at !== null ? (at as Record<string | number, unknown>)[key] : undefined;
  return at;
}

function tryParse(text: string): unknown {
  try {
    return parseJson(text);
  } catch {
    return undefined;
  }
}
