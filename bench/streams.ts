import { spawnSync } from "node:child_process";
import { connect } from "node:net";
import { cpus } from "node:os";
import { join } from "node:path";
import { startHeadgate } from "./headgate-process.ts";
import { median, percentile } from "./load.ts";
import { firstLine, startProcess } from "./measured-process.ts";
import { deltas, words } from "./stream-fixture.ts";

/**
 * 512 streams at once, of 64 words every 20 ms, straight from the upstream and through the chat relay in turns: whether
 * each is intact, and what is added to the time to the first word.
 */
const isShort = process.argv.includes("--short");
const atOnce = 512;
const rounds = isShort ? 2 : 7;
const timeoutMs = 30_000;
const serverCore = cpus().length > 1 ? 1 : 0;
spawnSync("taskset", ["-cp", "0", String(process.pid)]);

const body = JSON.stringify({ model: "test-model", stream: true, messages: [{ role: "user", content: "Tell me." }] });
const upstream = startProcess(0, [join(import.meta.dirname, "streaming-upstream.ts")]);
const upstreamUrl = await firstLine(upstream.child);
const headgate = await startHeadgate(serverCore, upstreamUrl);

const open = (url: string, key: string): StreamReader[] => Array.from({ length: atOnce }, () => openReader(url, key));
const straight = open(upstreamUrl, "");
const through = open(headgate.url, headgate.key);

interface Round {
  readonly intact: number;
  /** Sorted, in milliseconds. */
  readonly firstWordMs: readonly number[];
  readonly totalMs: number;
}

try {
  const direct: Round[] = [];
  const relayed: Round[] = [];
  // Connections are open and code is warm before anything is measured.
  for (const readers of [straight, through]) await readStreams(readers);
  let cpuMicros = 0;
  for (let round = 0; round < rounds; round++) {
    direct.push(await readStreams(straight));
    const before = headgate.process.cpuMicroseconds();
    relayed.push(await readStreams(through));
    await headgate.settle();
    cpuMicros += headgate.process.cpuMicroseconds() - before;
  }
  const added = (share: number): number =>
    median(
      relayed.map(
        ({ firstWordMs }, index) => percentile(firstWordMs, share) - percentile(direct[index]!.firstWordMs, share),
      ),
    );
  const intact = relayed.reduce((sum, round) => sum + round.intact, 0);
  const events = rounds * atOnce * deltas.length;
  const times = (runs: readonly Round[]): string =>
    `first word p50 ${median(runs.map(({ firstWordMs }) => percentile(firstWordMs, 0.5))).toFixed(1)} ms, p99 ${median(runs.map(({ firstWordMs }) => percentile(firstWordMs, 0.99))).toFixed(1)} ms, all over after ${median(runs.map(({ totalMs }) => totalMs)).toFixed(0)} ms`;
  console.log(`straight: ${times(direct)}`);
  console.log(`relayed:  ${times(relayed)}; ${(cpuMicros / events).toFixed(1)} us of CPU for each event`);
  console.log(
    `streams: ${intact} of ${rounds * atOnce} intact with ${atOnce} at once (bar: all), first word later by p50 ${added(0.5).toFixed(1)} ms, p99 ${added(0.99).toFixed(1)} ms`,
  );
  process.exitCode = intact === rounds * atOnce ? 0 : 1;
} finally {
  for (const reader of [...straight, ...through]) reader.close();
  await headgate.close();
  await upstream.stop();
}

function readStreams(readers: readonly StreamReader[]): Promise<Round> {
  return readAll(readers.map((reader) => reader.read()));
}

async function readAll(reading: readonly Promise<StreamSeen>[]): Promise<Round> {
  const startedAt = performance.now();
  const seen = await Promise.all(reading);
  return {
    intact: seen.filter(({ isIntact }) => isIntact).length,
    firstWordMs: seen.map(({ firstWordMs }) => firstWordMs).sort((a, b) => a - b),
    totalMs: performance.now() - startedAt,
  };
}

interface StreamSeen {
  readonly isIntact: boolean;
  readonly firstWordMs: number;
}

interface StreamReader {
  read(): Promise<StreamSeen>;
  close(): void;
}

/** Reads streams on one bare socket, one after the other: the load generator's own cost is not to be measured. */
function openReader(url: string, key: string): StreamReader {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  socket.setNoDelay(true);
  socket.on("error", () => socket.destroy());
  const head = `POST /v1/chat/completions HTTP/1.1\r\nhost: bench\r\ncontent-type: application/json\r\nauthorization: Bearer ${key}\r\ncontent-length: ${body.length}\r\n\r\n`;
  return {
    close: () => socket.destroy(),
    read: () =>
      new Promise((resolve) => {
        const startedAt = performance.now();
        const chunks: Buffer[] = [];
        let firstWordMs = Number.NaN;
        const end = (): void => {
          clearTimeout(timer);
          socket.off("data", onData).off("close", end);
          resolve({ isIntact: isWholeStream(Buffer.concat(chunks).toString()), firstWordMs });
        };
        const onData = (chunk: Buffer): void => {
          chunks.push(chunk);
          if (Number.isNaN(firstWordMs) && chunk.includes(words[0]!)) firstWordMs = performance.now() - startedAt;
          if (chunk.subarray(-5).toString("latin1") === "0\r\n\r\n") end();
        };
        const timer = setTimeout(end, timeoutMs);
        socket.on("data", onData).on("close", end);
        socket.write(head + body);
      }),
  };
}

function isWholeStream(response: string): boolean {
  const [, ...rest] = response.split("\r\n\r\n");
  const text = rest.join("\r\n\r\n").replaceAll(/(?:^|\r\n)[0-9a-f]+\r\n/g, "");
  return response.startsWith("HTTP/1.1 200") && text.trim() === deltas.join("").trim();
}
