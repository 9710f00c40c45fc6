import { randomUUID } from "node:crypto";
import { faults } from "../../src/testing/hostile-provider/faults.ts";
import { createHostileProvider } from "../../src/testing/hostile-provider/hostile-provider.ts";
import { createDrillProject } from "./drill-project.ts";
import { askRow, toOutcome, type Seen } from "./fault-rows/ask-row.ts";
import { backupModels, listRows, toConfig, toEndpoint, type FaultRow } from "./fault-rows/fault-row.ts";
import { judgeRow, type Judged, type KnownAnswers } from "./fault-rows/judge-row.ts";
import { readRecords } from "./read-records.ts";

/**
 * Does every fault of the hostile provider to every kind of request, with and without a model that stands by, and holds
 * what the client saw and what was recorded against what may be. The bar: none hung, cut, spliced or wrong; with a
 * healthy fallback every fault that can be recovered from is.
 */
const isShort = process.argv.includes("--short");
const only = process.argv.find((argument) => argument.startsWith("--only="))?.slice("--only=".length);
const atOnce = 16;
const timeoutMs = 15_000;

const provider = await createHostileProvider();
const all = listRows(faults).filter(({ fault }) => only === undefined || fault.name === only || fault.group === only);
// The short drill does each fault to every kind of request with one of the three that may stand by, in turn.
const rows = isShort ? all.filter((_, index) => (index + Math.floor(index / 3)) % 3 === 0) : all;
const project = createDrillProject({ config: toConfig(rows, provider.url), endpoints: { ask: toEndpoint(rows) } });
const server = await project.serve();
let shed = 0;
let judged: Judged[] = [];
try {
  const known = await learnAnswers();
  const seen = await askAll();
  const records = await readRecords(server.url);
  judged = rows.map((row) => {
    const { requestId, answer } = seen.get(row)!;
    const record = records.get(requestId);
    return judgeRow(row, answer, known, { said: listSaid(row), record });
  });
} finally {
  await server.stop();
  await provider.close();
  project.remove();
}
print(judged);

async function learnAnswers(): Promise<KnownAnswers> {
  const ask = async (target: string): Promise<string> => {
    const response = await fetch(`${server.url}/api/ask/v1`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ text: "Tell me of the bridge.", row: target }),
    });
    return toOutcome((await response.json()) as Record<string, unknown>);
  };
  return {
    first: provider.textOf(backupModels.same),
    second: provider.textOf(backupModels.other),
    firstOutcome: await ask("healthy-first"),
    secondOutcome: await ask("healthy-second"),
  };
}

async function askAll(): Promise<Map<FaultRow, { readonly requestId: string; readonly answer: Seen }>> {
  const seen = new Map<FaultRow, { readonly requestId: string; readonly answer: Seen }>();
  const queue = rows.values();
  const work = async (): Promise<void> => {
    for (const row of queue) {
      seen.set(row, await askUntilAdmitted(row));
      if (seen.size % 200 === 0) console.log(`... ${seen.size} of ${rows.length}`);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  return seen;
}

/** A server that has too much to do says so and when to come back, and its clients do. */
async function askUntilAdmitted(row: FaultRow): Promise<{ readonly requestId: string; readonly answer: Seen }> {
  for (let tries = 1; ; tries++) {
    const requestId = randomUUID();
    const answer = await askRow(server.url, row, requestId, timeoutMs);
    const isShed = answer.status === 503 && answer.code.startsWith("overloaded") && listSaid(row).length === 0;
    if (!isShed || tries === 10) return { requestId, answer };
    shed++;
    await new Promise((resolve) => setTimeout(resolve, 1000));
  }
}

/** To each request that the row's primary model got; those for the models that stand by are not told apart. */
function listSaid({ model: primary }: FaultRow): string[] {
  return provider.ledger.entries.filter(({ model }) => model === primary).map(({ text }) => text);
}

function print(results: readonly Judged[]): void {
  for (const { row, seen, asked, record, faults: wrong } of results) {
    const way = `${row.fault.group} ${row.fault.name} ${row.surface} ${row.isStream ? "stream" : "plain"} backup=${row.backup}`;
    const told = `${seen.ending}${seen.code === "" ? "" : `(${seen.code})`}${seen.isRescued ? " rescued" : ""}`;
    const reasons = record?.attemptDetails
      ?.map(({ reason, errorCode }) => `${reason}${errorCode ? `:${errorCode}` : ""}`)
      .join(" ");
    const line = `${way}: ${told}, ${asked} of ${record?.attempts ?? 0} attempts, ${seen.ms} ms, ${record?.status ?? "no record"} [${reasons ?? "plain"}]`;
    console.log(wrong.length === 0 ? `  ${line}` : `X ${line} <- ${wrong.join("; ")}`);
  }
  const failed = results.filter(({ faults: wrong }) => wrong.length > 0).length;
  const count = (ending: Seen["ending"]): number => results.filter(({ seen }) => seen.ending === ending).length;
  console.log(
    `faults: ${results.length} requests with ${new Set(results.map(({ row }) => row.fault.name)).size} faults: ${count("complete")} complete, ${count("error")} clear errors, ${count("hung")} hung, ${count("truncated")} truncated, ${count("broken")} broken, ${shed} shed and asked again, ${failed} wrong (bar 0)`,
  );
  process.exitCode = failed === 0 && results.length > 0 ? 0 : 1;
}
