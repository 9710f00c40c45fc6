import { connect } from "node:net";
import { once } from "node:events";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { errorCatalogue } from "../errors.ts";
import { isUuid } from "../ids.ts";
import { parseJson } from "../json.ts";
import { createKey } from "./create-key.ts";
import { createFixture, summaryReply } from "./server-fixture.ts";
import { createServer } from "./server.ts";
import type { Server } from "./server.ts";

const { secret, row } = createKey({ name: "app", nowMs: 1 });
const authorization = `Bearer ${secret}`;
const maxBodyBytes = 64 * 1024;

let server: Server;
let url: string;

beforeAll(async () => {
  const fixture = createFixture(
    { callEndpoint: async () => summaryReply("Short."), callModel: async () => summaryReply("Short.") },
    { auth: "keys", limits: { maxBodyBytes, maxDialectBodyBytes: maxBodyBytes } },
  );
  fixture.store.keys.push(row);
  server = createServer(fixture.dependencies);
  ({ url } = await server.listen({ host: "127.0.0.1", port: 0 }));
});

afterAll(() => server.close({ drainMs: 0 }));

interface Answer {
  readonly status: number;
  readonly text: string;
  readonly headers: Headers;
}

async function send(path: string, init: RequestInit): Promise<Answer> {
  const response = await fetch(url + path, init);
  return { status: response.status, text: await response.text(), headers: response.headers };
}

function post(
  body: string | Uint8Array,
  headers: Record<string, string> = {},
  path = "/api/summarize/v1",
): Promise<Answer> {
  return send(path, {
    method: "POST",
    headers: { authorization, "content-type": "application/json", ...headers },
    body: body as string,
  });
}

/** Sends bytes that no HTTP client would, and reads until the server closes. */
async function sendRaw(bytes: string): Promise<string> {
  const socket = connect(Number(new URL(url).port), "127.0.0.1");
  let text = "";
  socket.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
  socket.on("error", () => {});
  socket.write(bytes);
  await once(socket, "close");
  return text;
}

async function expectAlive(): Promise<void> {
  const { status } = await post('{"text":"still here"}');
  expect(status).toBe(200);
}

describe("a body that cannot be read is the client's error", () => {
  const bodies: readonly [string, string | Uint8Array, string][] = [
    ["nothing", "", "request_invalid"],
    ["white space", "   ", "json_invalid"],
    ["a byte order mark alone", "\uFEFF", "json_invalid"],
    ["half an object", '{"text":', "json_invalid"],
    ["prose", "please summarize", "json_invalid"],
    ["single quotes", "{'text':'x'}", "json_invalid"],
    ["a trailing comma", '{"text":"x",}', "json_invalid"],
    ["two documents", '{"text":"x"}{"text":"y"}', "json_invalid"],
    ["NaN", '{"text":NaN}', "json_invalid"],
    ["a raw line break in a string", '{"text":"a\nb"}', "json_invalid"],
    ["a comment", '{"text":"x"/* y */}', "json_invalid"],
    ["depth 10,000 of arrays", "[".repeat(10_000) + "]".repeat(10_000), "json_invalid"],
    ["depth 5,000 of objects", '{"a":'.repeat(5000) + "1" + "}".repeat(5000), "json_invalid"],
    ["10,000 unclosed brackets", "[".repeat(10_000), "json_invalid"],
    ["random bytes", new Uint8Array([0xff, 0xfe, 0x00, 0x80, 0xc3]), "json_invalid"],
    ["one byte too many", JSON.stringify({ text: "x".repeat(maxBodyBytes) }), "body_too_large"],
    ["ten megabytes", "x".repeat(10 * 1024 * 1024), "body_too_large"],
  ];

  test.each(bodies)("%s", async (_name, body, code) => {
    for (const path of ["/api/summarize/v1", "/v1/chat/completions"]) {
      const answer = await post(body, {}, path);
      const isChat = path.startsWith("/v1/");
      expect(answer.text).toContain(`"${code}"`);
      expect(answer.status).toBe(errorCatalogue[code as keyof typeof errorCatalogue].status);
      expect(answer.headers.get("content-type")).toMatch(isChat ? /^application\/json/ : /^application\/problem\+json/);
      expect(isUuid(answer.headers.get("x-request-id") ?? "")).toBe(true);
    }
    await expectAlive();
  });

  test.each([
    "text/plain",
    "application/x-www-form-urlencoded",
    "multipart/form-data; boundary=x",
    "application/xml",
    ";;;",
    "a/b/c",
  ])("content type %s", async (type) => {
    const answer = await post("{}", { "content-type": type });
    expect(answer.status).toBe(415);
    expect(parseJson(answer.text)).toMatchObject({ code: "media_type_unsupported" });
  });
});

describe("odd but valid JSON reaches the contract's own checks", () => {
  test.each([
    "null",
    "[]",
    "1",
    '"text"',
    "true",
    '{"__proto__":{"x":1},"text":"x"}',
    '{"text":"\\ud800"}',
    '{"":""}',
    "1e400",
  ])("%s", async (body) => {
    expect((await post(body)).status).toBe(200);
  });
});

test("a body announced as too large is refused before it is sent", async () => {
  const text = await sendRaw(
    `POST /api/summarize/v1 HTTP/1.1\r\nHost: x\r\nAuthorization: ${authorization}\r\nContent-Type: application/json\r\nContent-Length: 999999999999\r\n\r\n{`,
  );
  expect(text).toMatch(/^HTTP\/1\.1 413 /);
  expect(text).toContain('"body_too_large"');
});

test("a refused body is read to its end, so that the client sees why and can use the connection again", async () => {
  const head = (length: number): string =>
    `POST /api/summarize/v1 HTTP/1.1\r\nHost: x\r\nAuthorization: ${authorization}\r\nContent-Type: application/json\r\nContent-Length: ${length}\r\n`;
  const large = `${head(1_000_000)}\r\n${"x".repeat(1_000_000)}`;
  const text = await sendRaw(`${large}${head(2)}Connection: close\r\n\r\n{}`);
  expect(text.match(/HTTP\/1\.1 \d+/g)).toEqual(["HTTP/1.1 413", "HTTP/1.1 200"]);
});

test("a body without a length is cut off at the limit", async () => {
  const chunk = `4000\r\n${"x".repeat(0x4000)}\r\n`;
  const text = await sendRaw(
    `POST /api/summarize/v1 HTTP/1.1\r\nHost: x\r\nAuthorization: ${authorization}\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n${chunk.repeat(8)}`,
  );
  expect(text).toMatch(/^HTTP\/1\.1 413 /);
});

describe("bytes that are not HTTP get a problem and a closed connection", () => {
  const requests: readonly [string, string, number, string][] = [
    ["noise", "\x16\x03\x01\x02 hello\r\n\r\n", 400, "request_invalid"],
    ["a bad header line", "GET /livez HTTP/1.1\r\nHost: x\r\nno colon here\r\n\r\n", 400, "request_invalid"],
    [
      "headers beyond the limit",
      `GET /livez HTTP/1.1\r\nHost: x\r\nX-Big: ${"y".repeat(20_000)}\r\n\r\n`,
      431,
      "headers_too_large",
    ],
    [
      "two lengths",
      "POST /api/summarize/v1 HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}",
      400,
      "request_invalid",
    ],
    [
      "length and chunks",
      "POST /api/summarize/v1 HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n{}",
      400,
      "request_invalid",
    ],
  ];
  test.each(requests)("%s", async (_name, bytes, status, code) => {
    const text = await sendRaw(bytes);
    expect(text).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
    expect(text).toContain(`"code":"${code}"`);
    expect(text.toLowerCase()).toContain("x-request-id: ");
    await expectAlive();
  });
});

test("no Authorization header that is not a key opens the door or breaks the server", async () => {
  const headers = [
    "Bearer",
    "Bearer ",
    "bearer hg_",
    `Basic ${secret}`,
    secret,
    `Bearer ${secret}x`,
    `Bearer ${secret} ${secret}`,
    `Bearer ${secret},${secret}`,
    `Bearer hg_${"A".repeat(43)}`,
    `Bearer hg_${"é".repeat(43)}`,
    `Bearer ${"a".repeat(8000)}`,
    "Bearer null",
    "Bearer ../../etc/passwd",
    "Bearer %00",
    "Bearer __proto__",
  ];
  for (const header of headers) {
    const bytes = `GET /admin/v1/keys HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: ${header}\r\n\r\n`;
    const text = await sendRaw(bytes);
    expect(text, `Authorization: ${header}`).toMatch(/^HTTP\/1\.1 401 /);
    expect(text.toLowerCase()).toContain("www-authenticate: bearer");
    expect(text).not.toContain(secret);
  }
  await expectAlive();
});

test("a request id that is not a UUID is replaced, whatever it is", async () => {
  const ids = [
    "",
    " ",
    "1",
    "null",
    "a".repeat(4000),
    "0f8fad5b-d9cb-469f-a165-70867728950e0",
    "é",
    "<script>",
    "../x",
    "a, b",
  ];
  for (const id of ids) {
    const text = await sendRaw(`GET /livez HTTP/1.1\r\nHost: x\r\nConnection: close\r\nX-Request-Id: ${id}\r\n\r\n`);
    expect(text, `X-Request-Id: ${id}`).toMatch(/^HTTP\/1\.1 200 /);
    expect(isUuid(/x-request-id: (.*)\r\n/i.exec(text)?.[1] ?? ""), `X-Request-Id: ${id}`).toBe(true);
  }
});

test("a path that leads nowhere is a problem, whatever it holds", async () => {
  const paths = [
    "/nothing",
    "/api",
    "/api/x",
    `/api/${"x".repeat(5000)}/v1`,
    "/%",
    "/%zz",
    "/..%2f..%2fetc",
    "/admin",
    "/v1",
  ];
  for (const path of paths) {
    const text = await sendRaw(`POST ${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 3\r\n\r\n{"a`);
    expect(text, `POST ${path}`).toMatch(/^HTTP\/1\.1 40[04] /);
    expect(text, `POST ${path}`).toContain("application/problem+json");
  }
  await expectAlive();
});

test("a known path with another method is 405 and names the methods it takes", async () => {
  for (const [method, path, allow] of [
    ["GET", "/api/summarize/v1", "POST"],
    ["PUT", "/v1/chat/completions", "POST"],
    ["DELETE", "/livez", "GET, HEAD"],
    ["OPTIONS", "/admin/v1/keys", "GET, HEAD, POST"],
  ] as const) {
    const answer = await send(path, { method, ...(method === "PUT" ? { body: "not json" } : {}) });
    expect(answer.status).toBe(405);
    expect(answer.headers.get("allow")).toBe(allow);
    expect(parseJson(answer.text)).toMatchObject({ code: "method_not_allowed" });
  }
});
