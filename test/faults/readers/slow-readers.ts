import { setTimeout as sleep } from "node:timers/promises";
import { askChat, askMessages } from "../pressure/asks.ts";
import type { HostileProcess } from "../hostile-process.ts";
import { isWhole, percentile } from "../pressure/judge-answer.ts";
import type { Answer, Ask, PressureClient } from "../pressure/pressure-client.ts";
import { askReport, readResidentKib } from "../server-report.ts";
import { applySteadyLoad } from "../pressure/steady-load.ts";
import type { PressureServer } from "../pressure/write-project.ts";
import { connectSlowReader, type SlowReader } from "./slow-reader.ts";

/** What the client speaks and what the provider does: where they are the same, bytes are relayed; else each event is read and written anew. */
export const surfaces = {
  "chat relayed": { ask: (model: string) => askChat(`chat-${model}`, true) },
  "messages relayed": { ask: (model: string) => askMessages(`messages-${model}`, true) },
  "messages from chat": { ask: (model: string) => askMessages(`chat-${model}`, true) },
  "chat from messages": { ask: (model: string) => askChat(`messages-${model}`, true) },
} as const satisfies Record<string, { readonly ask: (model: string) => Ask }>;

export type SurfaceName = keyof typeof surfaces;

export interface SlowReaders {
  readonly surface: SurfaceName;
  readonly server: PressureServer;
  readonly provider: HostileProcess;
  readonly client: PressureClient;
  readonly readers: number;
  /** For kernel buffers to fill, and how long it is measured then. */
  readonly fillMs: number;
  readonly measureMs: number;
}

export interface ReaderFigures {
  readonly surface: SurfaceName;
  /** Still being pushed at the end: a busy server refuses some. */
  readonly streams: number;
  readonly kibPerStream: number;
  /** Of heap and buffers, after a collection. */
  readonly heldKibPerStream: number;
  /** Of it in buffers; the rest is heap. */
  readonly bufferKibPerStream: number;
  readonly mostPushedBytes: number;
  readonly ratio: number;
  readonly quietMs: number;
  readonly besideMs: number;
  readonly fillingMs: number;
  readonly failed: number;
}

const perSecond = 40;

// Each fills some megabytes of the kernel's buffers first, and all at once would be a test of the processor.
const startEveryMs = 60;
const mostFillMs = 40_000;

/** Streams that are pushed as fast as they are taken, to readers who take 1 KB a second. */
export async function serveSlowReaders(options: SlowReaders): Promise<ReaderFigures> {
  const { surface, server, provider, readers: count, fillMs, measureMs } = options;
  const { ask } = surfaces[surface];
  const pid = server.child.pid!;
  const readers = await Promise.all(Array.from({ length: count }, () => connectSlowReader(server.url)));
  try {
    // As many streams at full speed: what the heap grows to for them has nothing to do with slow readers.
    for (let round = 0; round < 10; round++) await warmUp(readers, ask("warm"));
    const quiet = await askBeside(options, measureMs);
    const emptied = await askReport(server);
    await sleep(1000);
    const beforeKib = readResidentKib(pid);
    const known = (await provider.readLedger()).at(-1)?.id ?? 0;
    for (const reader of readers) {
      reader.start(ask("burst"), 1024);
      await sleep(startEveryMs);
    }
    let peakKib = 0;
    const look = setInterval(() => (peakKib = Math.max(peakKib, readResidentKib(pid))), 100);
    await untilFull(provider, known);
    const filling = await askBeside(options, fillMs);
    const beside = await askBeside(options, measureMs);
    clearInterval(look);
    const held = await askReport(server);
    const entries = (await provider.readLedger(known)).filter(({ model }) => model.includes("burst"));
    const streams = Math.max(1, entries.filter(({ end }) => end === "open").length);
    closeAll(readers);
    await sleep(1000);
    const quietAgain = await askBeside(options, measureMs);
    const quietMs = percentile([...quiet, ...quietAgain].map(toTotalMs), 0.99);
    const besideMs = percentile(beside.map(toTotalMs), 0.99);
    const heldBytes = sumOf(held.after) - sumOf(emptied.after);
    return {
      surface,
      streams,
      kibPerStream: (peakKib - beforeKib) / streams,
      heldKibPerStream: heldBytes / 1024 / streams,
      bufferKibPerStream: (held.after.arrayBuffers - emptied.after.arrayBuffers) / 1024 / streams,
      mostPushedBytes: Math.max(...entries.map(({ bytesAccepted }) => bytesAccepted)),
      ratio: besideMs / quietMs,
      quietMs,
      besideMs,
      fillingMs: percentile(filling.map(toTotalMs), 0.99),
      failed: [...quiet, ...beside, ...quietAgain].filter((answer) => !isWhole(answer)).length,
    };
  } finally {
    closeAll(readers);
  }
}

const mostKib = 64;
const mostRatio = 1.2;
const leastOpen = 0.75;

/** @param slack what the bars are multiplied by: to few readers, what does not grow with them weighs more */
export function judgeReaders(
  figures: ReaderFigures,
  { count, slack }: { readonly count: number; readonly slack: number },
): { line: string; faults: string[] } {
  const { surface, kibPerStream, heldKibPerStream, mostPushedBytes, streams, ratio, failed } = figures;
  const { quietMs, besideMs, fillingMs } = figures;
  const faults = [
    ...(kibPerStream > mostKib * slack ? [`${kibPerStream.toFixed(1)} KiB for a stream`] : []),
    ...(ratio > mostRatio * slack ? [`others' p99 ${ratio.toFixed(2)} times as long`] : []),
    ...(streams < count * leastOpen ? [`only ${streams} were still being pushed at the end`] : []),
    ...(failed > 0 ? [`${failed} other requests failed`] : []),
  ];
  const pushed = (mostPushedBytes / 1024 / 1024).toFixed(1);
  const line = `${surface}: ${streams} of ${count} readers of 1 KB/s: RSS at its peak ${kibPerStream.toFixed(1)} KiB a stream more than for readers at full speed, held after a collection ${heldKibPerStream.toFixed(1)} KiB, ${figures.bufferKibPerStream.toFixed(1)} of it in buffers; the provider could push ${pushed} MiB of each at most; others' p99 ${besideMs.toFixed(1)} ms beside them, ${quietMs.toFixed(1)} ms without: ${ratio.toFixed(2)} times (${fillingMs.toFixed(1)} ms while the kernel's buffers filled)`;
  return { line, faults };
}

/** Until the provider cannot push any more. */
async function untilFull(provider: HostileProcess, known: number): Promise<void> {
  const deadline = performance.now() + mostFillMs;
  for (let before = -1; performance.now() < deadline;) {
    const entries = await provider.readLedger(known);
    const pushed = entries.reduce((sum, { bytesAccepted }) => sum + bytesAccepted, 0);
    // A few kilobytes a second are what the readers take.
    if (pushed - before < 1024 * 1024 && before >= 0) return;
    before = pushed;
    await sleep(2000);
  }
}

/** Healthy requests, plain and streamed. */
function askBeside({ client }: SlowReaders, ms: number): Promise<Answer[]> {
  const asks = [askChat("chat-healthy", false), askChat("chat-healthy", true)];
  return applySteadyLoad({ perSecond, seconds: ms / 1000 }, (index) => client.send(asks[index % asks.length]!));
}

const mostTries = 20;

async function warmUp(readers: readonly SlowReader[], ask: Ask): Promise<void> {
  await Promise.all(readers.map((reader) => readPatiently(reader, ask)));
}

/** On a busy machine the server may refuse what comes so fast. */
async function readPatiently(reader: SlowReader, ask: Ask): Promise<void> {
  for (let tries = 1; ; tries++) {
    try {
      await reader.readAll(ask);
      return;
    } catch (error) {
      if (tries === mostTries) throw error;
      await sleep(500);
    }
  }
}

function toTotalMs({ totalMs }: Answer): number {
  return totalMs;
}

function sumOf({ heapUsed, arrayBuffers }: NodeJS.MemoryUsage): number {
  return heapUsed + arrayBuffers;
}

function closeAll(readers: readonly SlowReader[]): void {
  for (const reader of readers) reader.close();
}
