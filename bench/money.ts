import { spawnSync } from "node:child_process";
import { cpus } from "node:os";
import { startHeadgate, type HeadgateProcess } from "./headgate-process.ts";
import { applyLoad, median, type Target } from "./load.ts";
import { startStaticUpstream } from "./static-upstream.ts";

/**
 * What budgets, limits and reuse cost a call that none of them helps, and what a kept answer spares: two servers side by
 * side in one run, one project with all of it on, one with none. Every request is a new one, but for the kept answers.
 */
const isShort = process.argv.includes("--short");
const rounds = isShort ? 3 : 9;
const requests = isShort ? 1500 : 5000;
const warmUpRequests = isShort ? 2000 : 30_000;
const concurrency = 64;
const serverCore = cpus().length > 1 ? 1 : 0;
/** A short run has cold code and few rounds. */
const bars = isShort ? { more: 1.3, times: 1.3 } : { more: 1.1, times: 2 };

spawnSync("taskset", ["-cp", "0", String(process.pid)]);

const article = "The city council approved a new bridge on Tuesday after three years of debate. ".repeat(8);
let serial = 0;

/** @param about what is asked; the same again where it is the same */
function chat(about: () => string): () => string {
  return () =>
    JSON.stringify({
      model: "test-model",
      messages: [
        { role: "system", content: "You summarise articles for busy readers. Use only facts from the article." },
        { role: "user", content: `${about()} ${article}` },
      ],
      temperature: 0.2,
    });
}

const anew = (): string => `Number ${++serial}.`;

interface Case {
  readonly name: "relay" | "relay, all on" | "endpoint" | "endpoint, all on" | "kept answer";
  readonly server: HeadgateProcess;
  readonly target: Target;
}

const upstream = await startStaticUpstream();
const plain = await startHeadgate(serverCore, upstream.url);
const money = await startHeadgate(serverCore, upstream.url, "money-project");

function toTarget({ url, key }: HeadgateProcess, path: string, body: () => string): Target {
  return { url, path, headers: { "content-type": "application/json", authorization: `Bearer ${key}` }, body };
}

const chatPath = "/v1/chat/completions";
const endpointPath = "/api/summarize/v1";
const summarize = (): string => JSON.stringify({ text: `${anew()} ${article}` });
const cases: readonly Case[] = [
  { name: "relay", server: plain, target: toTarget(plain, chatPath, chat(anew)) },
  { name: "relay, all on", server: money, target: toTarget(money, chatPath, chat(anew)) },
  { name: "endpoint", server: plain, target: toTarget(plain, endpointPath, summarize) },
  { name: "endpoint, all on", server: money, target: toTarget(money, endpointPath, summarize) },
  {
    name: "kept answer",
    server: money,
    target: toTarget(
      money,
      chatPath,
      chat(() => "The same."),
    ),
  },
];

const samples = new Map(cases.map(({ name }) => [name, { cpuMicros: [] as number[], perSecond: [] as number[] }]));
try {
  for (const { server, target } of cases) {
    await applyLoad(target, concurrency, warmUpRequests);
    await server.settle();
  }
  for (let round = 1; round <= rounds; round++) {
    console.error(`round ${round} of ${rounds}`);
    for (const { name, server, target } of cases) {
      const before = server.process.cpuMicroseconds();
      const { seconds } = await applyLoad(target, concurrency, requests);
      await server.settle();
      samples.get(name)!.cpuMicros.push((server.process.cpuMicroseconds() - before) / requests);
      samples.get(name)!.perSecond.push(requests / seconds);
    }
  }
  for (const [name, { cpuMicros, perSecond }] of samples)
    console.log(
      `${name.padEnd(16)} ${median(cpuMicros).toFixed(0)} us of CPU, ${median(perSecond).toFixed(0)} a second`,
    );
  const relay = compare("relay, all on", "relay", "cpuMicros");
  const endpoint = compare("endpoint, all on", "endpoint", "cpuMicros");
  const kept = compare("kept answer", "relay", "perSecond");
  const isGood = relay <= bars.more && endpoint <= bars.more && kept >= bars.times;
  const figures = `relay ${relay.toFixed(2)}x, endpoint ${endpoint.toFixed(2)}x of their CPU with all on (bar ${bars.more}), kept answers ${kept.toFixed(2)}x the relay's requests a second (bar ${bars.times})`;
  console.log(`money: ${figures}`);
  process.exitCode = isGood ? 0 : 1;
} finally {
  await plain.close();
  await money.close();
  upstream.close();
}

/** The median over the rounds of one case's figure to another's. */
function compare(one: Case["name"], other: Case["name"], figure: "cpuMicros" | "perSecond"): number {
  const yardstick = samples.get(other)![figure];
  return median(samples.get(one)![figure].map((value, round) => value / yardstick[round]!));
}
