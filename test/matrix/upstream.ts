import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { parseJson } from "../../src/json.ts";
import type { Json, VendorAnswer } from "./matrix-case.ts";
import type { MatrixVendor, RenderedAnswer, SeenRequest } from "./vendors/vendor.ts";

/** All vendors on one socket: each has its name as a first step of its paths. */
export interface MatrixUpstream {
  /** Without a slash at its end; a vendor's name follows. */
  readonly url: string;
  /** What the vendor says from now on, to every request. */
  serve(serving: Serving): void;
  /** The requests since `serve`. */
  readonly seen: readonly SeenRequest[];
  /** The bytes of the last answer. */
  readonly sent: Buffer | undefined;
  close(): Promise<void>;
}

interface Serving {
  readonly vendor: MatrixVendor;
  readonly answer: VendorAnswer;
  /** @default the body is sent in one piece */
  readonly cutBytes?: number;
}

export async function createUpstream(): Promise<MatrixUpstream> {
  let serving: Serving | undefined;
  let seen: SeenRequest[] = [];
  let sent: Buffer | undefined;

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const read = await readRequest(request, serving);
    seen.push(read);
    const { status, headers, body } = render(serving!, read);
    sent = body;
    response.writeHead(status, headers);
    const { cutBytes = body.length } = serving!;
    for (let at = 0; at < body.length; at += cutBytes) {
      response.write(body.subarray(at, at + cutBytes));
      await new Promise((resolve) => setImmediate(resolve));
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
    serve: (next) => {
      serving = next;
      seen = [];
      sent = undefined;
    },
    get seen() {
      return seen;
    },
    get sent() {
      return sent;
    },
    close: async () => {
      server.close();
      server.closeAllConnections();
      await once(server, "close");
    },
  };
}

function render({ vendor, answer }: Serving, request: SeenRequest): RenderedAnswer {
  return answer.type === "said" ? vendor.say(answer, request) : vendor.fail(answer.failure, request);
}

async function readRequest(request: IncomingMessage, serving: Serving | undefined): Promise<SeenRequest> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const prefix = `/${serving?.vendor.name ?? ""}/`;
  const { url = "", headers } = request;
  if (!url.startsWith(prefix)) throw new Error(`${url} was asked, and only ${prefix} answers now.`);
  return {
    path: url.slice(prefix.length - 1),
    headers: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)])),
    body: parseJson(Buffer.concat(chunks).toString()) as Json,
  };
}
