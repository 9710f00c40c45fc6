import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { Pool } from "undici";

/** The yardstick: the least that a proxy in Node can do that parses and re-serialises JSON both ways. */
const pool = new Pool(process.argv[2] ?? "", { connections: 64 });

const server = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on("data", (chunk: Buffer) => chunks.push(chunk));
  request.on("end", () => {
    const body = JSON.stringify(JSON.parse(Buffer.concat(chunks).toString("utf8")));
    pool
      .request({ path: request.url ?? "/", method: "POST", headers: { "content-type": "application/json" }, body })
      .then(async (upstream) => {
        const answer = JSON.stringify(await upstream.body.json());
        response.writeHead(upstream.statusCode, {
          "content-type": "application/json",
          "content-length": Buffer.byteLength(answer),
        });
        response.end(answer);
      })
      .catch(() => response.writeHead(502).end());
  });
});
server.keepAliveTimeout = 60_000;
server.listen(0, "127.0.0.1", () => console.log(`http://127.0.0.1:${(server.address() as AddressInfo).port}`));
