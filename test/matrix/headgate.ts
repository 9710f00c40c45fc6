import { once } from "node:events";
import { request, type IncomingMessage } from "node:http";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pino } from "pino";
import { systemClock, type Clock } from "../../src/clock.ts";
import { readEnvironment } from "../../src/config.ts";
import { openGateway } from "../../src/gateway.ts";
import { createServer } from "../../src/server/server.ts";
import { retryAfterSeconds, type MatrixVendor } from "./vendors/vendor.ts";

/** The real server, in this process, with one provider for each vendor. */
export interface MatrixHeadgate {
  post(path: string, headers: Readonly<Record<string, string>>, body: unknown): Promise<ClientAnswer>;
  close(): Promise<void>;
}

interface ClientAnswer {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly warnings: readonly string[];
  readonly body: Buffer;
}

/** @param url of the upstream; each vendor's name follows it */
export async function openHeadgate(url: string, vendors: readonly MatrixVendor[]): Promise<MatrixHeadgate> {
  const dataFolder = mkdtempSync(join(tmpdir(), "headgate-matrix-"));
  const lines: string[] = [];
  const log = pino({ level: "error" }, { write: (line) => lines.push(line) });
  const providers = Object.fromEntries(vendors.map(({ name, provider }) => [name, provider(`${url}/${name}`)]));
  const keys = Object.assign({}, ...vendors.map(({ environment }) => environment)) as Record<string, string>;
  const gateway = await openGateway({
    config: { providers },
    dataFolder,
    environment: readEnvironment(keys),
    sources: [],
    log,
    logCall: () => {},
    clock: stillClock,
  });
  const { store } = gateway;
  const server = createServer({ gateway, store, clock: stillClock, logger: log, version: "0.0.0", auth: "open" });
  const listening = await server.listen({ host: "127.0.0.1", port: 0 });
  return {
    post: async (path, headers, body) => {
      const answer = await post(`${listening.url}${path}`, headers, JSON.stringify(body));
      if (answer.status === 500) throw new Error(`A bug: ${lines.join("\n")}`);
      return answer;
    },
    close: async () => {
      await server.close({ drainMs: 1000 });
      await gateway.close();
      rmSync(dataFolder, { recursive: true, force: true });
    },
  };
}

/** It is always the same moment, no wait between retries takes time, and a busy machine has ten times as long for all. */
const stillClock: Clock = {
  now: () => Date.UTC(2026, 0, 15, 12),
  random: () => 0,
  after: (ms, callback) => systemClock.after(ms * 10, callback),
  sleep: (ms, signal) => (ms === 0 || ms === askedMs ? Promise.resolve() : systemClock.sleep(ms, signal)),
};

const askedMs = retryAfterSeconds * 1000;

async function post(url: string, headers: Readonly<Record<string, string>>, body: string): Promise<ClientAnswer> {
  const sent = request(url, { method: "POST", headers: { "content-type": "application/json", ...headers } });
  sent.end(body);
  const [response] = (await once(sent, "response")) as [IncomingMessage];
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk as Buffer);
  return {
    status: response.statusCode ?? 0,
    headers: response.headers,
    warnings: listValues(response.rawHeaders, "headgate-warning"),
    body: Buffer.concat(chunks),
  };
}

// One line for each; joined, their commas would be ambiguous.
function listValues(rawHeaders: readonly string[], name: string): string[] {
  return rawHeaders.filter((_value, index) => index % 2 === 1 && rawHeaders[index - 1]?.toLowerCase() === name);
}
