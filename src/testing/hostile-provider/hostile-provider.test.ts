import { spawn } from "node:child_process";
import { once } from "node:events";
import { get } from "node:http";
import { connect } from "node:net";
import { createInterface } from "node:readline";
import { gunzipSync } from "node:zlib";
import Anthropic from "@anthropic-ai/sdk";
import OpenAI from "openai";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { isRecord, parseJson } from "../../json.ts";
import { createManualClock } from "../manual-clock.ts";
import { askRaw, type RawAnswer } from "./ask-raw-fixture.ts";
import { hostilePrices } from "./hostile-ledger.ts";
import { createHostileProvider, type HostileProvider } from "./hostile-provider.ts";

let provider: HostileProvider;
let openai: OpenAI;
let anthropic: Anthropic;

beforeEach(async () => {
  provider = await createHostileProvider({ models: { known: { text: "The very text." }, short: { tokens: 5 } } });
  openai = new OpenAI({ baseURL: provider.url, apiKey: "sk-secret-abcd", maxRetries: 0 });
  anthropic = new Anthropic({ baseURL: provider.url.replace("/v1", ""), apiKey: "sk-ant-secret-wxyz", maxRetries: 0 });
});
afterEach(() => provider.close());

const hi = [{ role: "user" as const, content: "Hi" }];

describe("the official clients read healthy answers", () => {
  test("OpenAI's, of chat", async () => {
    const plain = await openai.chat.completions.create({ model: "short", messages: hi });
    const streamed = await openai.chat.completions
      .stream({ model: "short", messages: hi, stream_options: { include_usage: true } })
      .finalChatCompletion();
    for (const { choices, usage } of [plain, streamed]) {
      expect(choices[0]?.message.content).toBe(provider.textOf("short"));
      expect(usage).toMatchObject({ completion_tokens: 5, prompt_tokens: provider.ledger.entries[0]!.inputTokens });
    }
  });

  test("OpenAI's, of responses", async () => {
    const plain = await openai.responses.create({ model: "short", input: "Hi" });
    const streamed = await openai.responses.stream({ model: "short", input: "Hi" }).finalResponse();
    for (const { output_text: said, usage } of [plain, streamed]) {
      expect(said).toBe(provider.textOf("short"));
      expect(usage).toMatchObject({ output_tokens: 5 });
    }
  });

  test("Anthropic's, of messages", async () => {
    const request = { model: "p/short?text=x", max_tokens: 100, messages: hi };
    const plain = await anthropic.messages.create(request);
    const streamed = await anthropic.messages.stream(request).finalMessage();
    for (const { content, usage, stop_reason: reason } of [plain, streamed]) {
      expect(content).toEqual([{ type: "text", text: provider.textOf("short?text=x") }]);
      expect(usage).toMatchObject({ output_tokens: 5 });
      expect(reason).toBe("end_turn");
    }
  });

  test("of tool calls, schemas, limits, vectors, verdicts and models", async () => {
    const called = await openai.chat.completions.create({ model: "ok?tool=look", messages: hi });
    expect(called.choices[0]?.message.tool_calls).toMatchObject([
      { function: { name: "look", arguments: '{"city":"Paris"}' } },
    ]);
    const schema = { type: "object", properties: { a: { type: "integer" }, b: { enum: ["x"] } } };
    const shaped = await openai.chat.completions.create({
      model: "ok",
      messages: hi,
      response_format: { type: "json_schema", json_schema: { name: "n", schema } },
    });
    expect(parseJson(shaped.choices[0]!.message.content!)).toEqual({ a: 1, b: "x" });
    const limited = await openai.chat.completions.create({ model: "ok", messages: hi, max_completion_tokens: 2 });
    expect(limited).toMatchObject({ choices: [{ finish_reason: "length" }], usage: { completion_tokens: 2 } });
    const { data } = await openai.embeddings.create({ model: "e", input: ["a", "b", "a"], dimensions: 4 });
    expect(data.map(({ embedding }) => embedding.length)).toEqual([4, 4, 4]);
    expect(data[0]?.embedding).toEqual(data[2]?.embedding);
    expect((await openai.moderations.create({ input: "a" })).results[0]?.flagged).toBe(false);
    expect((await openai.models.list()).data.map(({ id }) => id)).toEqual(["ok", "known", "short"]);
  });
});

test("texts are known: by option, by seed, by text, each word once", async () => {
  expect(provider.textOf("known")).toBe("The very text.");
  expect(provider.textOf("a?text=x")).toBe(provider.textOf("fault:stall?text=x&after=3"));
  expect(provider.textOf("a?text=x")).not.toBe(provider.textOf("a?text=y"));
  const words = provider.textOf("long?tokens=5000").toLowerCase().replaceAll(".", "").split(" ");
  expect(new Set(words).size).toBe(5000);
});

describe("the ledger", () => {
  test("has attempts, redacted keys, the price, and what was truly said", async () => {
    for (let count = 0; count < 2; count++) await openai.chat.completions.create({ model: "short", messages: hi });
    const [first, second] = provider.ledger.entries;
    expect(first).toMatchObject({
      id: 1,
      attempt: 1,
      outputTokens: 5,
      text: provider.textOf("short"),
      end: "finished",
    });
    expect(second).toMatchObject({ attempt: 2, requestHash: first!.requestHash });
    expect(first!.headers["authorization"]).toBe("…abcd");
    expect(first!.costMicroUsd).toBe(
      first!.inputTokens * hostilePrices.inputMicroUsd + 5 * hostilePrices.outputMicroUsd,
    );
    expect(JSON.stringify(provider.ledger.entries)).not.toContain("secret");
    expect(first!.bytesAccepted).toBeGreaterThan(300);
  });

  test("counts only tokens that were written before the client left, and sees it leave", async () => {
    const stream = await openai.chat.completions.create({ model: "fault:stall?after=2", messages: hi, stream: true });
    let seen = 0;
    for await (const _ of stream) if (++seen === 3) break;
    stream.controller.abort();
    const left = await provider.ledger.waitFor(([entry]) => entry?.end !== "open" && entry);
    expect(left).toMatchObject({ outputTokens: 2, fault: "stall", end: "client-fin" });
    await provider.ledger.waitFor(() => provider.ledger.openConnections === 0);
  });

  test("tells a client's reset from its goodbye", async () => {
    const { socket } = await askRaw(provider.url, {
      model: "fault:stall",
      isStream: true,
      until: (raw) => raw.includes("data:"),
    });
    socket.resetAndDestroy();
    const left = await provider.ledger.waitFor(([entry]) => entry?.end !== "open" && entry);
    expect(left).toMatchObject({ end: "client-reset" });
  });
});

describe("faults are chosen", () => {
  const status = async (model: string): Promise<number> => {
    const { raw, socket } = await askRaw(provider.url, { model });
    socket.destroy();
    return Number(raw.slice(9, 12));
  };

  test("by the model's name, for some requests only, with another after them", async () => {
    const model = "vendor/fault:unavailable?times=2&then=overloaded";
    expect([await status(model), await status(model), await status(model)]).toEqual([503, 503, 529]);
    const late = "fault:unavailable?skip=1&times=1";
    expect([await status(late), await status(late), await status(late)]).toEqual([200, 503, 200]);
    const shared = ["fault:unavailable?times=1&key=k&x=1", "fault:unavailable?times=1&key=k&x=2"];
    expect([await status(shared[0]!), await status(shared[1]!)]).toEqual([503, 200]);
    expect(await status("fault:nonsense")).toBe(400);
  });

  test("by what is set, for one model or all, at a rate", async () => {
    provider.setFault("a", "unavailable");
    provider.setFault("*", "overloaded", { rate: 0.5 });
    expect(await status("vendor/a?text=x")).toBe(503);
    const seen = [];
    for (let count = 0; count < 40; count++) seen.push(await status("b"));
    expect(seen.filter((code) => code === 529).length).toBeGreaterThan(8);
    expect(seen.filter((code) => code === 200).length).toBeGreaterThan(8);
    provider.setFault("*", undefined);
    provider.setFault("a", "ok");
    expect(await status("a")).toBe(200);
    expect(await status("b")).toBe(200);
    expect(() => provider.setFault("a", "nonsense")).toThrow(RangeError);
  });

  test("over HTTP, and the ledger read and reset", async () => {
    const base = provider.url.replace("/v1", "/__control");
    const post = (path: string, body: unknown): Promise<RawAnswer> => control("POST", `/__control${path}`, body);
    expect((await post("", { model: "a", fault: "unavailable", rate: 1, forMs: 60_000 })).raw).toMatch(/200 Control/);
    expect((await post("", { model: "a", fault: "nonsense" })).raw).toMatch(/400 Control.*no fault/s);
    expect((await post("", { model: "a", fault: "ok", rate: -1 })).raw).toMatch(/400 Control/);
    expect(await status("a")).toBe(503);
    expect((await post("", { model: "a", fault: null })).raw).toMatch(/200 Control/);
    expect(await status("a")).toBe(200);
    const rows = (await read(`${base}/ledger`))
      .trim()
      .split("\n")
      .map((line) => parseJson(line));
    expect(rows).toMatchObject([{ fault: "unavailable", model: "a" }, { outputTokens: 40 }]);
    expect((await read(`${base}/ledger?after=1`)).trim().split("\n")).toHaveLength(1);
    expect(parseJson(await read(`${base}/state`))).toMatchObject({ requests: 2 });
    await post("/reset", {});
    expect(provider.ledger.entries).toHaveLength(0);
  });

  async function control(method: string, path: string, body: unknown): Promise<RawAnswer> {
    const json = JSON.stringify(body);
    const socket = connect(Number(new URL(provider.url).port), "127.0.0.1");
    socket.write(`${method} ${path} HTTP/1.1\r\ncontent-length: ${json.length}\r\n\r\n${json}`);
    const [bytes] = (await once(socket, "data")) as [Buffer];
    socket.destroy();
    return { raw: bytes.toString(), end: "open", socket };
  }
});

test("a fault's window begins and ends with the clock", async () => {
  const clock = createManualClock();
  const timed = await createHostileProvider({ clock });
  const ask = async (model: string): Promise<string> => {
    const { raw, socket } = await askRaw(timed.url, { model });
    socket.destroy();
    return raw.slice(9, 12);
  };
  timed.setFault("m", "unavailable", { afterMs: 100, forMs: 50 });
  const seen = [await ask("m")];
  clock.advance(100);
  seen.push(await ask("m"));
  clock.advance(50);
  seen.push(await ask("m"));
  expect(seen).toEqual(["200", "503", "200"]);
  const flapping = "fault:flapping?period=10";
  const flaps = [await ask(flapping)];
  clock.advance(10);
  flaps.push(await ask(flapping));
  clock.advance(10);
  flaps.push(await ask(flapping));
  expect(flaps).toEqual(["503", "200", "503"]);
  const bucket = "fault:token-bucket?rpm=60&burst=2";
  const taken = [await ask(bucket), await ask(bucket), await ask(bucket)];
  clock.advance(1000);
  taken.push(await ask(bucket), await ask(bucket));
  expect(taken).toEqual(["200", "200", "429", "200", "429"]);
  const herd = "fault:herd?s=2&burst=1";
  const stampede = [await ask(herd)];
  clock.advance(2000);
  stampede.push(await ask(herd), await ask(herd));
  expect(stampede).toEqual(["429", "200", "429"]);
  await timed.close();
});

test("a capacity serves so many, has so many wait, and refuses the rest", async () => {
  const model = "fault:capacity?slots=1&queue=1&ms=50";
  const answers = await Promise.all([1, 2, 3].map(() => askRaw(provider.url, { model })));
  for (const { socket } of answers) socket.destroy();
  expect(answers.map(({ raw }) => raw.slice(9, 12)).toSorted()).toEqual(["200", "200", "503"]);
});

test("a bomb unpacks to what it says", async () => {
  const { raw, socket } = await askRaw(provider.url, { model: "fault:gzip-bomb?mib=3" });
  socket.destroy();
  expect(gunzipSync(Buffer.from(raw.slice(raw.indexOf("\r\n\r\n") + 4), "latin1"))).toHaveLength(3 * 1024 * 1024);
});

test("Azure's path names the model", async () => {
  const { raw, socket } = await askRaw(provider.url, {
    model: "",
    path: "/openai/deployments/fault%3Aunavailable/chat/completions?api-version=1",
    body: { model: undefined },
  });
  socket.destroy();
  expect(raw).toMatch(/^HTTP\/1\.1 503/);
});

test("bodies in chunks are read", async () => {
  const socket = connect(Number(new URL(provider.url).port), "127.0.0.1");
  socket.write("POST /v1/chat/completions HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n8\r\n");
  socket.write('{"model"\r\n9;x=y\r\n:"short"}\r\n0\r\n\r\n');
  const entry = await provider.ledger.waitFor(([first]) => first?.end === "finished" && first);
  expect(entry.model).toBe("short");
  socket.destroy();
});

test("runs in a process of its own, until its parent is gone", async () => {
  const file = new URL("run-hostile-provider.ts", import.meta.url).pathname;
  const child = spawn(process.execPath, [file, "seed", "0", '{"m":{"text":"Own words."}}'], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  const [line] = (await once(createInterface(child.stdout), "line")) as [string];
  const started = parseJson(line);
  const { url } = started as { url: string };
  expect(isRecord(started) && started["pid"]).toBe(child.pid);
  const { choices } = await new OpenAI({ baseURL: url, apiKey: "k" }).chat.completions.create({
    model: "m",
    messages: hi,
  });
  expect(choices[0]?.message.content).toBe("Own words.");
  child.stdin.end();
  const [code] = (await once(child, "exit")) as [number];
  expect(code).toBe(0);
});

function read(url: string): Promise<string> {
  return new Promise((resolve, reject) => {
    get(url, { agent: false }, (response) => {
      let body = "";
      response.setEncoding("utf8").on("data", (piece: string) => (body += piece));
      response.once("end", () => resolve(body));
    }).once("error", reject);
  });
}
