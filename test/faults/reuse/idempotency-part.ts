import { setTimeout as sleep } from "node:timers/promises";
import { createHostileProvider, type HostileProvider } from "../../../src/testing/hostile-provider/hostile-provider.ts";
import type { ServedProject } from "../../served-project.ts";
import { createDrainProject, type DrainProject } from "../drain/drain-project.ts";
import { askKeyed, askUntilAnswered, type KeyedAnswer, type KeyedOrder } from "./keyed-client.ts";

export interface IdempotencyResult {
  /** What was seen, a line for each part. */
  readonly lines: readonly string[];
  /** Against the promise. */
  readonly wrong: readonly string[];
}

/** What the parts share. */
interface Stage {
  readonly provider: HostileProvider;
  readonly project: DrainProject;
  readonly wrong: string[];
}

/**
 * Requests with an Idempotency-Key on a real server process: many of one key at once, processes that are killed while they
 * carry some out, and tenants that use the same key. With DATABASE_URL, on that Postgres.
 */
export async function playIdempotency(isShort: boolean): Promise<IdempotencyResult> {
  const provider = await createHostileProvider();
  const project = await createDrainProject({ providerUrl: provider.url, paceMs: 5 });
  const wrong: string[] = [];
  const stage = { provider, project, wrong };
  try {
    const clients = isShort ? 200 : 1000;
    const lines = [
      ...(await askAtOnce(stage, clients)),
      await askAsTenants(stage),
      await killAtWork(stage, isShort ? 2 : 10),
    ];
    return { lines, wrong };
  } finally {
    project.remove();
    await provider.close();
  }
}

/** Tells apart what the provider is asked, by the words of the question. */
function countAsked({ provider }: Stage, question: string): number {
  return provider.ledger.entries.filter(({ json }) => JSON.stringify(json ?? {}).includes(question)).length;
}

function toChatOrder(secret: string, key: string, { isStream = false, tokens = 40 } = {}): KeyedOrder {
  const messages = [{ role: "user", content: `Question ${key}.` }];
  return {
    secret,
    key,
    path: "/v1/chat/completions",
    body: { model: `chat/ok?tokens=${tokens}&pace=20`, messages, stream: isStream },
  };
}

function toEndpointOrder(secret: string, key: string): KeyedOrder {
  return { secret, key, path: "/api/ask/v1", body: { text: `Question ${key}.` }, accept: "text/event-stream" };
}

async function askAtOnce(stage: Stage, clients: number): Promise<string[]> {
  const { project, wrong } = stage;
  const server = await project.serve({ command: "serve" });
  const lines: string[] = [];
  try {
    for (const [what, order] of [
      ["plain chats", toChatOrder(project.key, "plain")],
      ["chat streams", toChatOrder(project.key, "stream", { isStream: true })],
      ["endpoint streams", toEndpointOrder(project.key, "endpoint")],
    ] as const) {
      const answers = await Promise.all(Array.from({ length: clients }, () => askUntilAnswered(server.url, order)));
      const asked = countAsked(stage, `Question ${order.key}.`);
      const bodies = new Set(answers.map(({ status, body }) => `${status} ${body}`));
      const first = answers.filter(({ isReplayed }) => !isReplayed).length;
      const refused = answers.reduce((sum, { tries }) => sum + tries - 1, 0);
      lines.push(
        `${clients} ${what} of one key at once: ${asked} carried out, ${first} first answer, ${answers.length - first} replays, ${bodies.size} different, ${refused} refusals before`,
      );
      if (asked !== 1) wrong.push(`${what}: the model was asked ${asked} times`);
      if (bodies.size !== 1 || answers.some(({ status }) => status !== 200)) wrong.push(`${what}: answers differ`);
      if (first !== 1) wrong.push(`${what}: ${first} answers say that they are the first`);
    }
  } finally {
    await server.stop();
  }
  return lines;
}

async function askAsTenants(stage: Stage): Promise<string> {
  const { project, wrong } = stage;
  const server = await project.serve({ command: "serve" });
  try {
    const secrets = [project.key, await createTenant(server, project.key, "globex")];
    const ask = (secret: string): Promise<KeyedAnswer> => askKeyed(server.url, toChatOrder(secret, "tenants"));
    const firsts = await Promise.all(secrets.map(ask));
    const replays = await Promise.all(secrets.map(ask));
    const asked = countAsked(stage, "Question tenants.");
    if (asked !== 2) wrong.push(`two tenants: the model was asked ${asked} times`);
    for (const [at, replay] of replays.entries()) {
      const isOwn = replay.isReplayed && replay.requestId === firsts[at]?.requestId && replay.body === firsts[at]?.body;
      if (!isOwn) wrong.push(`two tenants: the one at ${at} did not get its own answer again`);
    }
    if (new Set(firsts.map(({ requestId }) => requestId)).size !== 2) wrong.push("two tenants: they share an answer");
    return `2 tenants with one key and body: ${asked} carried out, each replay its own`;
  } finally {
    await server.stop();
  }
}

async function createTenant({ url }: ServedProject, adminKey: string, tenant: string): Promise<string> {
  const response = await fetch(`${url}/admin/v1/keys`, {
    method: "POST",
    headers: { authorization: `Bearer ${adminKey}`, "content-type": "application/json" },
    body: JSON.stringify({ name: tenant, tenant }),
  });
  return ((await response.json()) as { readonly secret: string }).secret;
}

const inFlight = 30;

/** Kills the server while requests are at work, and sends each again to the next one, until it is known what became of it. */
async function killAtWork(stage: Stage, kills: number): Promise<string> {
  const { provider, project, wrong } = stage;
  const ends = new Map<string, number>();
  let server = await project.serve({ command: "serve" });
  try {
    for (let kill = 1; kill <= kills; kill++) {
      const orders = Array.from({ length: inFlight }, (_, at) =>
        toChatOrder(project.key, `kill-${kill}-${at}`, { isStream: at % 2 === 0, tokens: 1 + at * 3 }),
      );
      const known = provider.ledger.entries.length;
      const firsts = orders.map((order) => askUntilAnswered(server.url, order));
      await provider.ledger.waitFor((entries) => entries.length - known >= inFlight, 30_000);
      await sleep(Math.random() * 1500);
      await server.kill();
      const seen = await Promise.all(firsts);
      server = await project.serve({ command: "serve" });
      const again = await Promise.all(orders.map((order) => askUntilAnswered(server.url, order)));
      for (const [at, order] of orders.entries()) {
        const end = judge(seen[at]!, again[at]!, countAsked(stage, `Question ${order.key}.`));
        ends.set(end, (ends.get(end) ?? 0) + 1);
        if (end.startsWith("X")) wrong.push(`kill ${kill}, request ${at}: ${end}`);
      }
    }
  } finally {
    await server.kill();
  }
  if (!ends.has(unknown)) wrong.push("no kill came between the model's call and its answer");
  const told = [...ends].map(([end, count]) => `${count} ${end}`).join(", ");
  return `${kills} kills with ${inFlight} requests at work: ${told}`;
}

const unknown = "told that it is not known";

/** Carried out once at most, whatever the client was told before and after. */
function judge(first: KeyedAnswer, again: KeyedAnswer, asked: number): string {
  if (asked !== 1) return `X the model was asked ${asked} times`;
  if (again.status === 200) {
    if (!again.isReplayed) return "X answered anew";
    return first.status === 200 && first.body !== again.body ? "X another answer than before" : "given the kept answer";
  }
  return again.code === "idempotency_unknown" ? unknown : `X ${again.status} ${again.code}`;
}
