// A provider that streams, in its own process: prints its address. The first word comes at once, the others every 20 ms.
import { createServer, type AddressInfo, type Socket } from "node:net";
import { deltas, eventEveryMs } from "./stream-fixture.ts";

interface Stream {
  readonly socket: Socket;
  /** Of the next delta. */
  at: number;
}

const head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n";
const chunks = deltas.map((event) => toChunk(event));
const streams = new Set<Stream>();

const server = createServer((socket) => {
  let pending = "";
  socket.setNoDelay(true);
  socket.on("data", (bytes) => {
    pending += bytes.toString("latin1");
    const length = Number(/content-length: (\d+)/i.exec(pending)?.[1] ?? Number.NaN);
    const bodyAt = pending.indexOf("\r\n\r\n") + 4;
    if (bodyAt < 4 || pending.length < bodyAt + length) return;
    pending = "";
    socket.write(head + chunks[0]! + chunks[1]!);
    streams.add({ socket, at: 2 });
  });
  socket.on("error", () => {});
  socket.on("close", () => {
    for (const stream of streams) if (stream.socket === socket) streams.delete(stream);
  });
});

setInterval(() => {
  for (const stream of streams) {
    const chunk = chunks[stream.at++];
    if (chunk !== undefined) stream.socket.write(chunk);
    if (stream.at < chunks.length) continue;
    stream.socket.write("0\r\n\r\n");
    streams.delete(stream);
  }
}, eventEveryMs);

server.listen(0, "127.0.0.1", () => {
  console.log(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
});

function toChunk(text: string): string {
  return `${Buffer.byteLength(text).toString(16)}\r\n${text}\r\n`;
}
