import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { Pool } from "undici";
import { createScriptedProvider } from "../../src/testing/scripted-provider.ts";
import { copyProject } from "../served-project.ts";
import type { ServedProject } from "../served-project.ts";

/**
 * Kills the server with SIGKILL at random moments under load, starts it again, and holds its records against what the
 * clients saw: every response that was finished has its record, exactly once.
 */
const isShort = process.argv.includes("--short");
const kills = isShort ? 3 : 10;
const clients = 24;
const text = "The council approved a bridge on Tuesday. It replaces a ferry that carried 400 people a day.";
const answer = { summary: "The council approved a bridge.", bullets: ["It replaces a ferry."] };

interface Kind {
  readonly path: string;
  readonly accept: string;
  readonly body: unknown;
  /** True if the client can tell from the body that the answer is complete. */
  readonly isFinished: (body: string) => boolean;
}

const messages = [{ role: "user", content: text }];
const kinds: readonly Kind[] = [
  { path: "/api/summarize/v1", accept: "application/json", body: { text }, isFinished: () => true },
  {
    path: "/api/summarize/v1",
    accept: "text/event-stream",
    body: { text },
    isFinished: (body) => body.includes("event: done\n"),
  },
  {
    path: "/v1/chat/completions",
    accept: "application/json",
    body: { model: "fast", messages },
    isFinished: () => true,
  },
  {
    path: "/v1/chat/completions",
    accept: "text/event-stream",
    body: { model: "fast", messages, stream: true },
    isFinished: (body) => body.includes("data: [DONE]"),
  },
];

const provider = await createScriptedProvider({ answer: () => ({ json: answer, chunkBorders: "event" }) });
const project = copyProject(provider.url);
const finished = new Set<string>();
let sent = 0;
let server: ServedProject | undefined;
try {
  for (let kill = 1; kill <= kills; kill++) {
    server = await project.serve();
    const before = finished.size;
    const load = applyLoadUntilDead(server.url);
    await sleep(200 + Math.random() * 1800);
    await server.kill();
    await load;
    console.log(`kill ${kill} of ${kills}: ${finished.size - before} responses finished before it`);
  }
  server = await project.serve();
  const { missing, doubled, records } = await compareRecords(server.url);
  await server.stop();
  console.log(
    `journal: ${kills} kills, ${finished.size} finished responses of ${sent} sent, ${records} records, ${missing} missing, ${doubled} doubled`,
  );
  process.exitCode = missing === 0 && doubled === 0 && finished.size > kills * clients ? 0 : 1;
} finally {
  if (server?.child.exitCode === null && server.child.signalCode === null) await server.kill();
  await provider.close();
  project.remove();
}

async function applyLoadUntilDead(url: string): Promise<void> {
  const pool = new Pool(url, { connections: clients });
  let isAlive = true;
  const client = async (first: number): Promise<void> => {
    for (let turn = first; isAlive; turn++) {
      const kind = kinds[turn % kinds.length]!;
      const requestId = randomUUID();
      sent++;
      try {
        const response = await pool.request({
          method: "POST",
          path: kind.path,
          headers: { "content-type": "application/json", accept: kind.accept, "x-request-id": requestId },
          body: JSON.stringify(kind.body),
        });
        let body = "";
        for await (const chunk of response.body) {
          body += String(chunk);
          // What the client reads decides, even if the connection dies before its formal end.
          if (kind.accept === "text/event-stream" && kind.isFinished(body)) finished.add(requestId);
        }
        // A machine that others keep busy as well: nothing was begun.
        if (response.statusCode === 503) continue;
        if (response.statusCode !== 200) throw new Error(`Status ${response.statusCode}: ${body.slice(0, 200)}`);
        if (kind.isFinished(body)) finished.add(requestId);
      } catch (error) {
        if (error instanceof Error && error.message.startsWith("Status")) throw error;
        isAlive = false;
      }
    }
  };
  await Promise.all(Array.from({ length: clients }, (_, index) => client(index)));
  await pool.destroy();
}

async function compareRecords(url: string): Promise<{ missing: number; doubled: number; records: number }> {
  const pool = new Pool(url, { connections: 8 });
  const counts = new Map<string, number>();
  let beforeMs = Date.now() + 60_000;
  for (;;) {
    const { body } = await pool.request({ method: "GET", path: `/admin/v1/requests?limit=500&before=${beforeMs}` });
    const { requests } = (await body.json()) as { requests: { requestId: string; startedAtMs: number }[] };
    for (const { requestId } of requests) counts.set(requestId, (counts.get(requestId) ?? 0) + 1);
    const oldest = requests.at(-1)?.startedAtMs;
    if (oldest === undefined || requests.length < 500) break;
    beforeMs = oldest;
  }
  await pool.close();
  const missing = [...finished].filter((id) => !counts.has(id)).length;
  const doubled = [...counts.values()].filter((count) => count > 1).length;
  return { missing, doubled, records: counts.size };
}
