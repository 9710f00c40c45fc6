export type CaseName = "bare proxy" | "chat relay" | "endpoint call";

export interface CaseResult {
  readonly name: CaseName;
  readonly concurrency: number;
  readonly cpuMicrosPerRequest: number;
  /** To the bare proxy's of the same round; the median of the rounds. */
  readonly cpuRatio: number;
  readonly requestsPerSecond: number;
  /** Over the bare proxy's in the same round. */
  readonly addedP50Ms: number;
  readonly addedP99Ms: number;
}

export interface BenchResult {
  readonly node: string;
  readonly rounds: number;
  readonly cases: readonly CaseResult[];
  readonly startUp: { readonly firstMs: number; readonly warmMs: number };
  readonly residentMegabytes: number;
}

const bars = { "chat relay": 2, "endpoint call": 3, warmMs: 1500, firstMs: 6000 } as const;

export function formatTable(result: BenchResult): string {
  const header = ["case", "concurrency", "CPU us/request", "ratio", "requests/s", "added p50 ms", "added p99 ms"];
  const rows = result.cases.map((row) => [
    row.name,
    String(row.concurrency),
    row.cpuMicrosPerRequest.toFixed(0),
    row.cpuRatio.toFixed(2),
    row.requestsPerSecond.toFixed(0),
    row.addedP50Ms.toFixed(2),
    row.addedP99Ms.toFixed(2),
  ]);
  const widths = header.map((title, column) => Math.max(title.length, ...rows.map((row) => row[column]!.length)));
  const lines = [header, widths.map((width) => "-".repeat(width)), ...rows].map(
    (row) => `| ${row.map((cell, column) => cell.padEnd(widths[column]!)).join(" | ")} |`,
  );
  const { firstMs, warmMs } = result.startUp;
  return `${lines.join("\n")}\nstart to ready: first ${firstMs.toFixed(0)} ms, warm ${warmMs.toFixed(0)} ms; resident ${result.residentMegabytes} MB; Node ${result.node}`;
}

/**
 * Holds the figures against the bars: CPU ratios at concurrency 64, where the fixed cost of an idle process weighs least.
 * A short run has cold code and few rounds: it only tells whether something has become grossly slower, so its bars are
 * half as high again.
 */
export function judge(result: BenchResult, isShort: boolean): { readonly ok: boolean; readonly line: string } {
  const slack = isShort ? 1.5 : 1;
  const ratio = (name: CaseName): number =>
    result.cases.find((row) => row.name === name && row.concurrency === 64)?.cpuRatio ?? Number.POSITIVE_INFINITY;
  const { firstMs, warmMs } = result.startUp;
  const figures = [
    { text: `relay ${ratio("chat relay").toFixed(2)}x`, value: ratio("chat relay"), bar: bars["chat relay"] },
    {
      text: `endpoint ${ratio("endpoint call").toFixed(2)}x`,
      value: ratio("endpoint call"),
      bar: bars["endpoint call"],
    },
    { text: `warm start ${warmMs.toFixed(0)} ms`, value: warmMs, bar: bars.warmMs },
    { text: `first start ${firstMs.toFixed(0)} ms`, value: firstMs, bar: bars.firstMs },
  ].map(({ text, value, bar }) => ({ ok: value <= bar * slack, text: value <= bar ? text : `${text} (bar ${bar})` }));
  const line = `bench: ${figures.map(({ text }) => text).join(", ")}`;
  return { ok: figures.every(({ ok }) => ok), line };
}
