import { systemClock } from "../../../src/clock.ts";
import { createDrillProject } from "../drill-project.ts";
import { startHostile, type HostileProcess } from "../hostile-process.ts";
import { readRecords } from "../read-records.ts";
import type { ServedProject } from "../../served-project.ts";
import { openRequest, type OpenRequest } from "./open-request.ts";

/** So many ask for the same at once. */
export interface SharedCase {
  readonly name: string;
  readonly requests: number;
  readonly isStream: (index: number) => boolean;
  /** The client of the first, for whom the model is asked, leaves while the others read on. */
  readonly firstLeaves: boolean;
}

export interface SharedResult {
  readonly name: string;
  readonly upstreamCalls: number;
  readonly answers: number;
  readonly wrong: readonly string[];
}

/** It thinks for so long that all who ask are there before it answers. */
const model = "ok?tokens=40&pace=20&ttft=4000";
const pollMs = 20;
const mostPolls = 500;

/** Plays each case against a server and a provider in processes of their own. */
export async function playSharedCases(cases: readonly SharedCase[]): Promise<SharedResult[]> {
  const provider = await startHostile();
  const project = createDrillProject({
    config: {
      providers: { chat: { type: "openai-chat", baseUrl: provider.url, apiKeyEnv: "DRILL_KEY" } },
      models: { m: { provider: "chat", model } },
      tiers: { fast: "m", standard: "m", smart: "m" },
    },
    endpoints: { ask: endpoint },
  });
  const server = await project.serve();
  try {
    const results: SharedResult[] = [];
    // The first call of a process loads what others find.
    await openRequest(`${server.url}/api/ask/v1`, { text: "warm" }, false).answer;
    for (const each of cases) results.push(await play({ server, provider }, each));
    return results;
  } finally {
    await server.stop();
    await provider.stop();
    project.remove();
  }
}

const endpoint = {
  description: "Answers.",
  route: "standard",
  input: { type: "object", properties: { text: { type: "string" } }, required: ["text"] },
  output: { type: "object", properties: { answer: { type: "string" } }, required: ["answer"] },
  reuse: { ttlSeconds: 600 },
};

interface Stage {
  readonly server: ServedProject;
  readonly provider: HostileProcess;
}

async function play({ server, provider }: Stage, shared: SharedCase): Promise<SharedResult> {
  await provider.reset();
  const { name, requests, isStream, firstLeaves } = shared;
  const open = (index: number): OpenRequest => openRequest(`${server.url}/api/ask/v1`, { text: name }, isStream(index));
  const first = open(0);
  // Who is first decides who leaves: the others come when the model is asked.
  if (firstLeaves) await untilAsked(provider);
  const others = Array.from({ length: requests - 1 }, (_, index) => open(index + 1));
  if (firstLeaves) {
    await untilInFlight(server, requests);
    first.leave();
  }
  const readers = firstLeaves ? others : [first, ...others];
  const answers = await Promise.all(readers.map(({ answer }) => answer));
  await first.answer;
  const wrong: string[] = [];
  const whole = answers.filter(({ status, text }) => status === 200 && text !== "");
  const statuses = [...new Set(answers.map(({ status }) => status))].join(", ");
  if (whole.length < answers.length) wrong.push(`${answers.length - whole.length} have no answer (${statuses})`);
  const texts = new Set(whole.map(({ text }) => text));
  if (texts.size !== 1) wrong.push(`${texts.size} different answers`);
  const ledger = await provider.readLedger();
  if (ledger.length !== 1) wrong.push(`${ledger.length} calls of the model`);
  wrong.push(...(await checkRecords(server, [first, ...others], ledger[0]?.inputTokens ?? 0)));
  return { name, upstreamCalls: ledger.length, answers: whole.length, wrong };
}

/** Each request has its record, and one of them has all that the model took. */
async function checkRecords(
  server: ServedProject,
  all: readonly OpenRequest[],
  inputTokens: number,
): Promise<string[]> {
  const records = await readRecords(server.url);
  const own = all.flatMap(({ requestId }) => records.get(requestId) ?? []);
  const paid = own.filter((record) => record.inputTokens > 0);
  const sum = paid.reduce((tokens, record) => tokens + record.inputTokens, 0);
  return [
    ...(own.length === all.length ? [] : [`${all.length - own.length} have no record`]),
    ...(paid.length === 1 ? [] : [`${paid.length} records have usage`]),
    ...(sum === inputTokens ? [] : [`${sum} input tokens are recorded of ${inputTokens}`]),
  ];
}

async function untilAsked(provider: HostileProcess): Promise<void> {
  await until(async () => (await provider.readState()).requests > 0);
}

async function untilInFlight(server: ServedProject, count: number): Promise<void> {
  await until(async () => {
    const response = await fetch(`${server.url}/admin/v1/status`);
    return ((await response.json()) as { readonly inFlight: number }).inFlight >= count;
  });
}

async function until(isThere: () => Promise<boolean>): Promise<void> {
  for (let polls = 0; polls < mostPolls; polls++) {
    if (await isThere()) return;
    await systemClock.sleep(pollMs);
  }
  throw new Error("It did not come so far in time.");
}
