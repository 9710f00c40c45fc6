// A provider that costs next to nothing, in its own process: `node run-static-provider.ts` prints one JSON line with its
// URL, and ends with its parent's stdin. It sends the same bytes always: a long answer, or as a stream many events.
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

const id = { id: "chatcmpl-static", created: 1_790_000_000, model: "static" };
const sentence = "The council approved a bridge on Tuesday, and the ferry goes on until it is open. ";

const whole = Buffer.from(
  JSON.stringify({
    ...id,
    object: "chat.completion",
    choices: [
      {
        index: 0,
        message: { role: "assistant", content: JSON.stringify({ summary: sentence.repeat(200) }), refusal: null },
        finish_reason: "stop",
      },
    ],
    usage: { prompt_tokens: 400, completion_tokens: 4000, total_tokens: 4400 },
  }),
);

const words = Array.from({ length: 200 }, (_, index) => `${index === 0 ? '{"summary":"' : ""}tide `);
const events = [...words, '"}'].map((content) => ({ delta: { content }, finish_reason: null }));
const stream = Buffer.from(
  [...events, { delta: {}, finish_reason: "stop" }]
    .map((choice) => JSON.stringify({ ...id, object: "chat.completion.chunk", choices: [{ index: 0, ...choice }] }))
    .concat("[DONE]")
    .map((data) => `data: ${data}\n\n`)
    .join(""),
);

const server = createServer((request, response) => {
  let isStream = false;
  request.on("data", (chunk: Buffer) => (isStream ||= chunk.includes('"stream":true')));
  request.on("end", () => {
    const body = isStream ? stream : whole;
    const type = isStream ? "text/event-stream" : "application/json";
    response.writeHead(200, { "content-type": type, "content-length": body.length });
    response.end(body);
  });
});
server.keepAliveTimeout = 60_000;
server.listen(0, "127.0.0.1", () => {
  const { port } = server.address() as AddressInfo;
  process.stdout.write(`${JSON.stringify({ url: `http://127.0.0.1:${port}/v1` })}\n`);
});
process.stdin.resume();
process.stdin.once("end", () => process.exit(0));
