import { once } from "node:events";
import { createServer, type AddressInfo, type Server } from "node:net";

interface ReplayedAnswer {
  readonly status: number;
  readonly contentType: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: Buffer;
  /** Byte offsets at which the body is cut: each piece goes out in a write of its own. */
  readonly borders: readonly number[];
}

/** A server that answers every request, whatever it is, with the bytes it was told to. */
export interface ReplayUpstream {
  /** Without path. */
  readonly url: string;
  serve(answer: ReplayedAnswer): void;
  close(): Promise<void>;
}

export async function createReplayUpstream(): Promise<ReplayUpstream> {
  let current: ReplayedAnswer | undefined;
  const server: Server = createServer({ noDelay: true }, (socket) => {
    socket.on("error", () => {});
    socket.once("data", () => void answer());
    async function answer(): Promise<void> {
      const { status, contentType, headers = {}, body, borders } = current!;
      const more = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
      socket.write(
        `HTTP/1.1 ${status} Replayed\r\ncontent-type: ${contentType}\r\n${more.join("")}connection: close\r\n\r\n`,
      );
      const ends = [...new Set(borders)].filter((at) => at > 0 && at < body.length).sort((a, b) => a - b);
      for (const [index, end] of [...ends, body.length].entries()) {
        await new Promise((resolve) => socket.write(body.subarray(ends[index - 1] ?? 0, end), resolve));
        await new Promise((resolve) => setImmediate(resolve));
      }
      socket.end();
    }
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    serve: (answer) => {
      current = answer;
    },
    close: async () => {
      server.close();
      await once(server, "close");
    },
  };
}
