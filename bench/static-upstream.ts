import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

/** What the upstream answers as the assistant's message: valid by the bench project's contract. */
const answerText = JSON.stringify({
  summary:
    "The council approved a bridge that replaces the ferry. Construction starts in March and is to take two years, paid for by the region.",
  bullets: [
    "The bridge replaces a ferry that carried 400 people a day.",
    "Construction starts in March and takes two years.",
    "The region pays 80 percent of the cost and the city the rest.",
  ],
});

/** A model provider that answers at once with the same bytes: what is left is the cost of the way there. */
export async function startStaticUpstream(): Promise<{ readonly url: string; close(): void }> {
  const body = Buffer.from(
    JSON.stringify({
      id: "chatcmpl-bench",
      object: "chat.completion",
      created: 1_790_000_000,
      model: "test-model",
      choices: [
        {
          index: 0,
          message: { role: "assistant", content: answerText, refusal: null },
          logprobs: null,
          finish_reason: "stop",
        },
      ],
      usage: { prompt_tokens: 412, completion_tokens: 96, total_tokens: 508 },
    }),
  );
  const server = createServer((request, response) => {
    request.resume();
    request.on("end", () => {
      response.writeHead(200, { "content-type": "application/json", "content-length": body.length });
      response.end(body);
    });
  });
  server.keepAliveTimeout = 60_000;
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}
