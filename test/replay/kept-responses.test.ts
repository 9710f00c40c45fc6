import { afterAll, beforeAll, expect, test } from "vitest";
import { systemClock } from "../../src/clock.ts";
import { readEnvironment } from "../../src/config.ts";
import { openGateway, type OpenGateway } from "../../src/gateway.ts";
import { isRecord } from "../../src/json.ts";
import { createServer, type Server } from "../../src/server/server.ts";
import { createLogger } from "../../src/telemetry/logger.ts";
import { createStoreFolder, type TemporaryFolder } from "../../src/testing/store-folder.ts";
import { bodyOf, isStream, loadRecordings, type Recording } from "./recording.ts";
import { createReplayUpstream, type ReplayUpstream } from "./replay-upstream.ts";

let upstream: ReplayUpstream;
let folder: TemporaryFolder;
let gateway: OpenGateway;
let server: Server;
let url: string;

beforeAll(async () => {
  upstream = await createReplayUpstream();
  folder = await createStoreFolder();
  const { log, logCall } = createLogger({ level: "silent", destination: { write: () => {} } });
  gateway = await openGateway({
    config: { providers: { up: { type: "openai-responses", baseUrl: `${upstream.url}/v1`, apiKeyEnv: "KEY" } } },
    dataFolder: folder.path,
    environment: readEnvironment({ KEY: "k" }),
    sources: [],
    log,
    logCall,
  });
  const { store } = gateway;
  server = createServer({ gateway, store, clock: systemClock, logger: log, version: "0", auth: "open" });
  ({ url } = await server.listen({ host: "127.0.0.1", port: 0 }));
});

afterAll(async () => {
  await server.close({ drainMs: 0 });
  await gateway.close();
  await upstream.close();
  folder.remove();
});

const madeUp: Recording = {
  id: "made-up",
  provider: "openai",
  request: { method: "POST", host: "x", path: "/v1/responses", body: { model: "m", input: "Hi" } },
  response: { status: 200, body: { id: "resp_made_up", object: "response", status: "completed", output: [] } },
  meta: { endpoint: "openai.responses" },
};

/** What real servers answered, without what is refused: prompts of the account, and work in the background. */
const recordings = (loadRecordings() ?? [madeUp]).filter(({ meta, request, response }) => {
  const { body } = request;
  const isAnswer = meta.endpoint === "openai.responses" && request.method === "POST" && response.status === 200;
  return isAnswer && isRecord(body) && body["background"] !== true && !("prompt" in body);
});

/** The answer as the server told it: whole, or in its stream's last event. */
function readAnswer(recording: Recording, body: Buffer): Record<string, unknown> {
  if (!isStream(recording)) return JSON.parse(body.toString()) as Record<string, unknown>;
  const events = [...body.toString().matchAll(/^data: (\{.*)$/gm)].map(([, data]) => JSON.parse(data ?? "") as unknown);
  const last = events.findLast((event) => isRecord(event) && isRecord(event["response"]));
  return (last as { response: Record<string, unknown> }).response;
}

test.each(recordings)("$provider $id passes byte by byte, is kept, and goes on", async (recording) => {
  const body = bodyOf(recording);
  const contentType = isStream(recording) ? "text/event-stream" : "application/json";
  const borders = Array.from({ length: body.length }, (_, at) => at).filter((at) => at % 97 === 0);
  upstream.serve({ status: 200, contentType, body, borders });
  const asked = { ...(recording.request.body as object), model: "up/m", previous_response_id: undefined, store: true };
  const ask = (fields: object): Promise<Response> =>
    fetch(`${url}/v1/responses`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(fields),
    });
  const response = await ask(asked);
  expect(Buffer.from(await response.arrayBuffer()).equals(body)).toBe(true);
  const { id, output } = readAnswer(recording, body);
  const kept = (await (await fetch(`${url}/v1/responses/${String(id)}`)).json()) as Record<string, unknown>;
  expect(kept["output"]).toEqual(JSON.parse(JSON.stringify(output)));
  const more = { input: "And?", previous_response_id: id, store: false, stream: isStream(recording) };
  const next = await ask({ model: "up/m", ...more });
  expect(next.status).toBe(200);
});
