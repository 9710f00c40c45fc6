import { once } from "node:events";
import { request } from "node:http";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createScriptedProvider } from "../../src/testing/scripted-provider.ts";
import type { ScriptedProvider } from "../../src/testing/scripted-provider.ts";
import { copyProject } from "../served-project.ts";
import type { ProjectCopy, ServedProject } from "../served-project.ts";

let provider: ScriptedProvider;
let project: ProjectCopy;
let server: ServedProject;

beforeAll(async () => {
  provider = await createScriptedProvider();
  project = copyProject(provider.url);
  server = await project.serve();
});

afterAll(async () => {
  await server.stop();
  await provider.close();
  project.remove();
});

const text = "The council approved a bridge on Tuesday. It replaces a ferry.";
const messages = [{ role: "user", content: text }];
const stalled = {
  json: { summary: "The council approved a bridge.", bullets: ["It replaces a ferry."] },
  stallAfter: 3,
};

const phases = [
  {
    name: "mid-stream of an endpoint",
    path: "/api/summarize/v1",
    accept: "text/event-stream",
    body: { text },
    script: stalled,
  },
  {
    name: "mid-stream of a chat relay",
    path: "/v1/chat/completions",
    accept: "*/*",
    body: { model: "fast", messages, stream: true },
    script: stalled,
  },
  {
    name: "before the first byte of a stream",
    path: "/api/summarize/v1",
    accept: "text/event-stream",
    body: { text },
    script: { hang: true },
  },
  {
    name: "while a plain call waits",
    path: "/api/summarize/v1",
    accept: "application/json",
    body: { text },
    script: { hang: true },
  },
];

test.each(phases)("a client that leaves $name closes the provider's socket and is recorded", async (phase) => {
  provider.script(phase.script);
  const seenBefore = provider.ledger.requests.length;
  const client = request(server.url + phase.path, {
    method: "POST",
    headers: { "content-type": "application/json", accept: phase.accept },
  });
  client.on("error", () => {});
  client.end(JSON.stringify(phase.body));
  const seen = await provider.ledger.waitFor((requests) => requests[seenBefore], 10_000);
  if (!("hang" in phase.script)) {
    const [response] = (await once(client, "response")) as [NodeJS.ReadableStream];
    await once(response, "data");
  }
  expect(seen.closedByPeerAtMs).toBeUndefined();
  client.destroy();
  await provider.ledger.waitFor(() => seen.closedByPeerAtMs !== undefined, 10_000);
  const { requests } = (await (await fetch(`${server.url}/admin/v1/requests?status=cancelled&limit=1`)).json()) as {
    requests: { status: string; errorCode: string; attempts: number }[];
  };
  expect(requests[0]).toMatchObject({ status: "cancelled", errorCode: "request_cancelled", attempts: 1 });
});
