import { once } from "node:events";
import { connect, type Socket } from "node:net";
import type { Ask } from "../pressure/pressure-client.ts";

/** A client whose reading is timed by hand: what it does not take stays in the kernel's buffers, and then in the server's. */
export interface SlowReader {
  /** Reads as fast as it comes until the answer has ended; rejects if it is no stream. */
  readAll(ask: Ask): Promise<void>;
  /** Sends the request, and reads so many bytes each second; 0: nothing. */
  start(ask: Ask, bytesPerSecond: number): void;
  readonly bytesRead: number;
  /** When the server closed the connection, by `performance.now()`. */
  readonly closedAtMs: number | undefined;
  close(): void;
}

export async function connectSlowReader(serverUrl: string): Promise<SlowReader> {
  const { hostname, port } = new URL(serverUrl);
  let isSlow = false;
  let bytesRead = 0;
  let closedAtMs: number | undefined;
  let tail = "";
  let onEnd: ((error?: Error) => void) | undefined;
  let timer: NodeJS.Timeout | undefined;
  const buffer = Buffer.alloc(1024);
  const socket: Socket = connect({
    host: hostname,
    port: Number(port),
    onread: {
      buffer,
      callback: (length) => {
        bytesRead += length;
        const text = buffer.toString("latin1", 0, length);
        if (tail === "" && !text.startsWith("HTTP/1.1 200")) onEnd?.(new Error(text.split("\r\n", 1)[0]));
        tail = (tail + text).slice(-16);
        if (tail.endsWith("0\r\n\r\n")) onEnd?.();
        return !isSlow;
      },
    },
  });
  socket.on("error", () => {});
  socket.once("close", () => {
    closedAtMs = performance.now();
    clearInterval(timer);
    onEnd?.();
  });
  await once(socket, "connect");

  function send({ path, body }: Ask): void {
    const head = `POST ${path} HTTP/1.1\r\nhost: ${hostname}\r\ncontent-type: application/json\r\n`;
    socket.write(`${head}content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`);
  }

  return {
    get bytesRead() {
      return bytesRead;
    },
    get closedAtMs() {
      return closedAtMs;
    },
    readAll: async (ask) => {
      const ended = Promise.withResolvers<void>();
      onEnd = (error) => (error ? ended.reject(error) : ended.resolve());
      tail = "";
      send(ask);
      await ended.promise;
      onEnd = undefined;
    },
    start: (ask, bytesPerSecond) => {
      isSlow = true;
      socket.pause();
      send(ask);
      if (bytesPerSecond > 0) timer = setInterval(() => socket.resume(), (buffer.length / bytesPerSecond) * 1000);
    },
    close: () => {
      clearInterval(timer);
      socket.destroy();
    },
  };
}
