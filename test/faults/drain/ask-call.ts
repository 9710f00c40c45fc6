import { request, type Agent, type IncomingMessage } from "node:http";
import { isRecord, parseJson } from "../../../src/json.ts";

/** One call to be made. */
export interface CallOrder {
  readonly surface: "chat" | "messages" | "endpoint";
  readonly isStream: boolean;
  /** `provider/model`; the endpoint has its own. */
  readonly target: string;
  /** The text that a whole answer has; undefined: not compared. */
  readonly text: string | undefined;
  readonly requestId: string;
}

export interface CallClient {
  readonly url: string;
  readonly key: string;
  /** False: a connection for each call. */
  readonly agent: Agent | false;
  readonly timeoutMs: number;
}

/**
 * `whole`: all of the answer, as it was to be. `told`: a well-formed error, as a status or as the last event. `cut`: the
 * connection ended before the answer did, or none was got. `wrong`: anything else.
 */
export interface CallEnd {
  readonly ending: "whole" | "told" | "cut" | "wrong";
  readonly status: number;
  /** An error's code, or what is wrong. */
  readonly why: string;
}

/** Calls once, as an ordinary client does, and never again. */
export async function askCall(client: CallClient, order: CallOrder): Promise<CallEnd> {
  let status = 0;
  try {
    const response = await post(client, order);
    status = response.statusCode ?? 0;
    const chunks: Buffer[] = [];
    for await (const chunk of response) chunks.push(chunk as Buffer);
    return { status, ...readAnswer(order, response, Buffer.concat(chunks).toString()) };
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    return { ending: "cut", status, why: `${status === 0 ? "no answer" : "cut"}: ${code ?? message}` };
  }
}

function post({ url, key, agent, timeoutMs }: CallClient, order: CallOrder): Promise<IncomingMessage> {
  const { path, body } = toRequest(order);
  const headers = {
    "content-type": "application/json",
    accept: order.isStream ? "text/event-stream" : "application/json",
    authorization: `Bearer ${key}`,
    "x-request-id": order.requestId,
  };
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => outgoing.destroy(new Error("not over in time")), timeoutMs);
    const outgoing = request(url + path, { method: "POST", agent, headers });
    outgoing.once("close", () => clearTimeout(timer));
    outgoing.on("response", resolve);
    outgoing.on("error", reject);
    outgoing.end(JSON.stringify(body));
  });
}

const question = "Tell me of the bridge.";

function toRequest({ surface, isStream, target }: CallOrder): { readonly path: string; readonly body: unknown } {
  const messages = [{ role: "user", content: question }];
  if (surface === "endpoint") return { path: "/api/ask/v1", body: { text: question } };
  const path = surface === "chat" ? "/v1/chat/completions" : "/v1/messages";
  return { path, body: { model: target, messages, stream: isStream, max_tokens: 4000 } };
}

type Read = Omit<CallEnd, "status">;

function readAnswer(order: CallOrder, { statusCode, headers }: IncomingMessage, body: string): Read {
  const isEvents = headers["content-type"]?.startsWith("text/event-stream") === true;
  if (statusCode === 200 && isEvents !== order.isStream) return { ending: "wrong", why: "not what was asked for" };
  if (isEvents) return readEvents(order, body);
  const value = tryParse(body);
  if (!isRecord(value)) return { ending: "wrong", why: `no JSON: ${body.slice(0, 80)}` };
  if (statusCode !== 200) return { ending: "told", why: readCode(value) };
  return judgeText(order, readWhole(order, value));
}

function readWhole({ surface }: CallOrder, value: Record<string, unknown>): string | undefined {
  if (surface === "endpoint") return value["status"] === "ok" ? JSON.stringify(value["points"]) : undefined;
  const first = surface === "chat" ? dig(value, "choices", 0, "message", "content") : dig(value, "content", 0, "text");
  return typeof first === "string" ? first : undefined;
}

function readEvents(order: CallOrder, body: string): Read {
  if (!body.endsWith("\n\n")) return { ending: "cut", why: "an event that has no end" };
  let text = "";
  let end: Read | undefined;
  for (const { name, data } of splitEvents(body)) {
    if (end) return { ending: "wrong", why: `an event after the end: ${data.slice(0, 80)}` };
    if (data === "[DONE]") {
      end = judgeText(order, text);
      continue;
    }
    const value = tryParse(data);
    if (!isRecord(value)) return { ending: "wrong", why: `an event that is no JSON: ${data.slice(0, 80)}` };
    if (name === "error" || "error" in value) end = { ending: "told", why: readCode(value) };
    else if (value["type"] === "message_stop") end = judgeText(order, text);
    else if (name === "done") end = judgeText(order, readWhole(order, value));
    else text += readText(dig(value, "choices", 0, "delta", "content")) + readText(dig(value, "delta", "text"));
  }
  return end ?? { ending: "cut", why: "a stream that has no end" };
}

function judgeText({ text }: CallOrder, read: string | undefined): Read {
  const isWhole = read !== undefined && read !== "" && (text === undefined || text === read);
  return isWhole ? { ending: "whole", why: "" } : { ending: "wrong", why: `another answer: ${read?.slice(0, 80)}` };
}

/** Headgate's own code, wherever the surface has it. */
function readCode(value: Record<string, unknown>): string {
  const error = isRecord(value["error"]) ? value["error"] : value;
  return readText(error["code"]) || readText(dig(error, "details", "error_code")) || "no code";
}

function readText(value: unknown): string {
  return typeof value === "string" ? value : "";
}

function* splitEvents(body: string): Generator<{ readonly name: string; readonly data: string }> {
  for (const block of body.split("\n\n")) {
    const lines = block.split("\n");
    const read = (field: string): string | undefined =>
      lines.find((line) => line.startsWith(`${field}: `))?.slice(field.length + 2);
    const data = read("data");
    if (data !== undefined) yield { name: read("event") ?? "", data };
  }
}

function dig(value: unknown, ...path: readonly (string | number)[]): unknown {
  return path.reduce<unknown>(
    (at, key) => (typeof at === "object" && at !== null ? (at as Record<string | number, unknown>)[key] : undefined),
    value,
  );
}

function tryParse(text: string): unknown {
  try {
    return parseJson(text);
  } catch {
    return undefined;
  }
}
