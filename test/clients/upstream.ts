import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { isRecord, parseJson } from "../../src/json.ts";
import type { FailedAnswer, Json, SaidAnswer } from "../matrix/matrix-case.ts";
import { matrixVendors } from "../matrix/vendors.ts";
import { renderJson, type RenderedAnswer, type SeenRequest } from "../matrix/vendors/vendor.ts";

/** What the upstream does with one request. */
type UpstreamAnswer = SaidAnswer | FailedAnswer | OddAnswer;

/** An answer that is not a model's, or not a whole one. */
export interface OddAnswer {
  readonly type: "odd";
  /** @default 200 */
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as JSON. */
  readonly body?: Json;
  /** What a model says, as far as it is sent. */
  readonly said?: SaidAnswer;
  /** The connection is closed after this many events of the stream. */
  readonly cutAfter?: number;
  /** Bytes of each piece that the answer goes out in. @default each event alone */
  readonly pieceBytes?: number;
  /** Nothing more is sent after this many events of the stream, or at all where there is no answer. */
  readonly stallAfter?: number;
}

/** All vendors on one socket: each has its name as a first step of its paths, and says what comes next in the script. */
export interface Upstream {
  /** Without a slash at its end; a vendor's name follows. */
  readonly url: string;
  /** Forgets what was seen and what is left of the last script. */
  script(...answers: readonly UpstreamAnswer[]): void;
  /** The requests since `script`. */
  readonly seen: readonly SeenCall[];
  /** How many answers of the script are left. */
  readonly left: number;
  close(): Promise<void>;
}

export interface SeenCall extends SeenRequest {
  readonly vendor: string;
  /** Resolves when the other side closed the connection before the answer was whole. */
  readonly abandoned: Promise<void>;
}

export async function createUpstream(): Promise<Upstream> {
  let queue: UpstreamAnswer[] = [];
  let seen: SeenCall[] = [];

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const abandoned = Promise.withResolvers<void>();
    response.once("close", () => {
      if (!response.writableFinished) abandoned.resolve();
    });
    const call = { ...(await readRequest(request)), abandoned: abandoned.promise };
    seen.push(call);
    const next = queue.shift();
    const { cutAfter, stallAfter, pieceBytes } = next?.type === "odd" ? next : {};
    if (stallAfter === 0) return;
    const { status, headers, body } = render(next, call);
    response.writeHead(status, headers);
    for (const [index, piece] of cut(body, pieceBytes).entries()) {
      if (index === stallAfter) return;
      if (index === cutAfter) {
        response.destroy();
        return;
      }
      await new Promise<unknown>((resolve) => response.write(piece, resolve));
    }
    response.end();
  }

  const server = createServer({ noDelay: true }, (request, response) => {
    answer(request, response).catch((error: unknown) => response.destroy(error as Error));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    script: (...answers) => {
      queue = [...answers];
      seen = [];
    },
    get seen() {
      return seen;
    },
    get left() {
      return queue.length;
    },
    close: async () => {
      server.close();
      server.closeAllConnections();
      await once(server, "close");
    },
  };
}

function render(answer: UpstreamAnswer | undefined, call: SeenCall): RenderedAnswer {
  const rendered = renderScripted(answer, call);
  return { ...rendered, body: nameAnew(rendered.body) };
}

let answers = 0;

/** Vendors never give an id twice, and those that are kept must not be. */
function nameAnew(body: Buffer): Buffer {
  const suffix = `_${++answers}`;
  return Buffer.from(body.toString().replaceAll(/"(?:resp|msg|rs|fc)_\w+/g, (id) => id + suffix));
}

function renderScripted(answer: UpstreamAnswer | undefined, call: SeenCall): RenderedAnswer {
  if (!answer) return renderJson({ error: { message: "The script is at its end." } }, 418);
  if (answer.type === "odd" && !answer.said) return renderJson(answer.body ?? {}, answer.status, answer.headers);
  const vendor = matrixVendors.find(({ name }) => name === call.vendor);
  if (!vendor) throw new Error(`There is no vendor ${call.vendor}.`);
  if (answer.type === "failed") return vendor.fail(answer.failure, call);
  return vendor.say(answer.type === "odd" ? answer.said! : answer, call);
}

async function readRequest(request: IncomingMessage): Promise<Omit<SeenCall, "abandoned">> {
  const body = parseJson(Buffer.concat(await request.toArray()).toString() || "{}");
  const { url = "", headers } = request;
  const [, vendor = "", path = ""] = /^\/([^/]+)(.*)$/.exec(url) ?? [];
  return {
    vendor,
    path,
    headers: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)])),
    body: isRecord(body) ? body : {},
  };
}

/** Every event goes out alone, as models write them, if not in pieces of a size. */
function cut(body: Buffer, pieceBytes: number | undefined): Buffer[] {
  const ends = pieceBytes === undefined ? findEventEnds(body) : findMultiples(pieceBytes, body.length);
  return [...ends, body.length]
    .map((end, index) => body.subarray(ends[index - 1] ?? 0, end))
    .filter(({ length }) => length > 0);
}

function findEventEnds(body: Buffer): number[] {
  return [...body.toString("latin1").matchAll(/\r?\n\r?\n/g)].map(({ index, 0: found }) => index + found.length);
}

function findMultiples(of: number, most: number): number[] {
  return Array.from({ length: Math.floor(most / of) }, (_, index) => (index + 1) * of);
}
