import { once } from "node:events";
import { request } from "node:http";
import { createScriptedProvider } from "../../src/testing/scripted-provider.ts";
import { copyProject } from "../served-project.ts";

/** How long the provider's socket outlives a client that leaves, in each phase of a call. The bar: p99 within 250 ms. */
const isShort = process.argv.includes("--short");
const abortsPerPhase = isShort ? 10 : 100;
const barMs = 250;
const text = "The council approved a bridge on Tuesday. It replaces a ferry.";
const messages = [{ role: "user", content: text }];
const answer = { summary: "The council approved a bridge.", bullets: ["It replaces a ferry."] };

const phases = [
  { name: "endpoint stream", path: "/api/summarize/v1", accept: "text/event-stream", body: { text }, hang: false },
  {
    name: "chat stream",
    path: "/v1/chat/completions",
    accept: "*/*",
    body: { model: "fast", messages, stream: true },
    hang: false,
  },
  { name: "before the first byte", path: "/api/summarize/v1", accept: "text/event-stream", body: { text }, hang: true },
  { name: "plain call", path: "/api/summarize/v1", accept: "application/json", body: { text }, hang: true },
];

const provider = await createScriptedProvider();
const project = copyProject(provider.url);
const server = await project.serve();
const waits: number[] = [];
try {
  for (const phase of phases) {
    const ofPhase: number[] = [];
    for (let abort = 0; abort < abortsPerPhase; abort++) ofPhase.push(await leave(phase));
    console.log(`${phase.name}: slowest ${Math.max(...ofPhase)} ms of ${abortsPerPhase}`);
    waits.push(...ofPhase);
  }
} finally {
  await server.stop();
  await provider.close();
  project.remove();
}
waits.sort((a, b) => a - b);
const p99 = waits[Math.floor(waits.length * 0.99)] ?? Number.POSITIVE_INFINITY;
console.log(
  `abort: ${waits.length} clients left, upstream socket closed p99 ${p99} ms, slowest ${waits.at(-1)} ms (bar ${barMs} ms)`,
);
process.exitCode = p99 <= barMs ? 0 : 1;

async function leave(phase: (typeof phases)[number]): Promise<number> {
  provider.script(phase.hang ? { hang: true } : { json: answer, stallAfter: 3 });
  const known = provider.ledger.requests.at(-1)?.id ?? 0;
  const client = request(server.url + phase.path, {
    method: "POST",
    headers: { "content-type": "application/json", accept: phase.accept },
  });
  client.on("error", () => {});
  client.end(JSON.stringify(phase.body));
  const seen = await provider.ledger.waitFor((requests) => requests.find(({ id }) => id > known), 10_000);
  if (!phase.hang) {
    const [response] = (await once(client, "response")) as [NodeJS.ReadableStream];
    await once(response, "data");
  }
  const leftAtMs = Date.now();
  client.destroy();
  await provider.ledger.waitFor(() => seen.closedByPeerAtMs !== undefined, 10_000);
  return seen.closedByPeerAtMs! - leftAtMs;
}
