import { brotliCompressSync, gzipSync } from "node:zlib";
import { toChunk, type Exchange, type Headers } from "../exchange.ts";
import { allDialects, defineFaults, sendFrames, toFrames, type ScriptedFault } from "../fault.ts";
import { answerHealthy } from "../healthy.ts";

const page = "<!DOCTYPE html><html><head><title>502 Bad Gateway</title></head><body><h1>502</h1></body></html>";
const htmlHeaders = { "content-type": "text/html" };

/** B, heads and codings that are wrong, or not HTTP at all. */
export const headFaults: readonly ScriptedFault[] = defineFaults(
  { group: "B", appliesTo: "both", dialects: allDialects },
  [
    {
      name: "bad-gateway-html",
      what: "502 with a web page.",
      run: (exchange) => exchange.respond(502, page, htmlHeaders),
    },
    { name: "html-200", what: "200 with a web page.", run: (exchange) => exchange.respond(200, page, htmlHeaders) },
    { name: "no-content", what: "204.", run: (exchange) => exchange.head(204, {}) },
    {
      name: "informational-flood",
      what: "Many 103s, then a healthy answer.",
      params: "count=200",
      run: async (exchange) => {
        const hint = "HTTP/1.1 103 Early Hints\r\nlink: </x>; rel=preload\r\n\r\n";
        await exchange.write(hint.repeat(exchange.params.number("count", 200)));
        await answerHealthy(exchange);
      },
    },
    {
      name: "redirect",
      what: "307 to another place.",
      params: "to=http://127.0.0.1:9/v1",
      run: (exchange) => exchange.respond(307, "", { location: exchange.params.text("to", "http://127.0.0.1:9/v1") }),
    },
    {
      name: "redirect-to-metadata",
      what: "302 to a cloud's metadata address.",
      run: (exchange) => exchange.respond(302, "", { location: "http://169.254.169.254/latest/meta-data/" }),
    },
    {
      name: "wrong-content-type",
      what: "The right bytes as text/html.",
      run: (exchange) => respondAs(exchange, { "content-type": "text/html" }),
    },
    {
      name: "no-content-type",
      what: "The right bytes without a content type.",
      run: (exchange) => respondAs(exchange, {}),
    },
    {
      name: "other-shape",
      what: "A plain answer where a stream was asked for, and a stream where a plain answer was.",
      run: (exchange) =>
        exchange.request.isStream ? respondPlain(exchange) : sendFrames(exchange, toFrames(exchange)),
    },
    {
      name: "two-lengths",
      what: "Two Content-Lengths that differ.",
      run: (exchange) => {
        const body = renderBody(exchange);
        const type = toType(exchange);
        return writeHand(exchange, [...type, ["content-length", String(body.length)], ["content-length", "5"]], body);
      },
    },
    {
      name: "length-and-chunked",
      what: "Content-Length and Transfer-Encoding that differ.",
      run: (exchange) =>
        writeHand(
          exchange,
          [...toType(exchange), ["content-length", "5"], ["transfer-encoding", "chunked"]],
          Buffer.concat([toChunk(renderBody(exchange)), Buffer.from("0\r\n\r\n")]),
        ),
    },
    {
      name: "huge-headers",
      what: "64 KiB of headers.",
      run: (exchange) => respondAs(exchange, [...toType(exchange), ...toHugeHeaders()]),
    },
    {
      name: "nul-in-header",
      what: "A NUL in a header's value.",
      run: (exchange) => respondAs(exchange, [...toType(exchange), ["x-odd", "a\0b"]]),
    },
    {
      name: "obs-fold",
      what: "A header folded over two lines.",
      run: (exchange) => respondAs(exchange, [...toType(exchange), ["x-odd", "a\r\n b"]]),
    },
    {
      name: "not-http",
      what: "Bytes that are no HTTP.",
      run: async (exchange) => {
        await exchange.write("220 smtp.example.com ESMTP ready\r\n");
        await exchange.fin();
      },
    },
    {
      name: "status-line-only",
      what: "A status line, and then the end.",
      run: async (exchange) => {
        await exchange.write("HTTP/1.1 200 OK\r\n");
        await exchange.fin();
      },
    },
    {
      name: "gzip",
      what: "Gzip that was not asked for, rightly labelled.",
      run: (exchange) => respondCoded(exchange, "gzip", (body) => gzipSync(body)),
    },
    {
      name: "brotli",
      what: "Brotli that was not asked for, rightly labelled.",
      run: (exchange) => respondCoded(exchange, "br", (body) => brotliCompressSync(body)),
    },
    {
      name: "wrong-coding",
      what: "Labelled gzip, but plain.",
      run: (exchange) => respondCoded(exchange, "gzip", (body) => body),
    },
    {
      name: "coding-chain",
      what: "Gzip six times over, labelled so.",
      run: (exchange) =>
        respondCoded(exchange, Array(6).fill("gzip").join(", "), (body) => {
          let coded = body;
          for (let round = 0; round < 6; round++) coded = gzipSync(coded);
          return coded;
        }),
    },
    {
      name: "gzip-bomb",
      what: "A small gzip body that unpacks to very much.",
      params: "mib=256",
      run: (exchange) => respondCoded(exchange, "gzip", () => makeBomb(exchange.params.number("mib", 256)), false),
    },
  ],
);

type Pairs = readonly (readonly [string, string])[];

function toType({ request }: Exchange): Pairs {
  return [["content-type", request.isStream ? "text/event-stream" : "application/json"]];
}

function renderBody(exchange: Exchange): Buffer {
  const { request, writer, answer } = exchange;
  return Buffer.from(
    request.isStream
      ? toFrames(exchange)
          .map(({ wire }) => wire)
          .join("")
      : JSON.stringify(writer.toWhole(answer)),
  );
}

async function respondAs(exchange: Exchange, headers: Headers): Promise<void> {
  const written = exchange.respond(200, renderBody(exchange), headers);
  exchange.countAnswer(exchange.answer);
  await written;
}

async function respondPlain(exchange: Exchange): Promise<void> {
  const written = exchange.respondJson(200, exchange.writer.toWhole(exchange.answer));
  exchange.countAnswer(exchange.answer);
  await written;
}

async function writeHand(exchange: Exchange, headers: Headers, body: Buffer): Promise<void> {
  await exchange.head(200, headers);
  exchange.countAnswer(exchange.answer);
  await exchange.write(body);
  // What a client takes for the next response on this connection is not known any more.
  await exchange.fin();
}

async function respondCoded(
  exchange: Exchange,
  coding: string,
  code: (body: Buffer) => Buffer,
  isCounted = true,
): Promise<void> {
  const headers = [...toType(exchange), ["content-encoding", coding] as const];
  const written = exchange.respond(200, code(renderBody(exchange)), headers);
  if (isCounted) exchange.countAnswer(exchange.answer);
  await written;
}

function toHugeHeaders(): Pairs {
  return Array.from({ length: 64 }, (_, index) => [`x-large-${index}`, "y".repeat(1024)] as const);
}

const oneMib = Buffer.alloc(1024 * 1024, 0x20);
const zippedMib = gzipSync(oneMib);

// Gzip members may follow each other: a bomb needs no memory to be made.
function makeBomb(mib: number): Buffer {
  return Buffer.concat(Array(mib).fill(zippedMib) as Buffer[]);
}
