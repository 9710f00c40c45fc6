import { randomUUID } from "node:crypto";
import { Agent } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { hostilePrices } from "../../../src/testing/hostile-provider/hostile-ledger.ts";
import { createHalfOpenProxy } from "../../../src/testing/hostile-provider/half-open-proxy.ts";
import { askCall, type CallEnd } from "../drain/ask-call.ts";
import { startHostile } from "../hostile-process.ts";
import { applySteadyLoad } from "../pressure/steady-load.ts";
import { findDrifts, readBooks } from "./books.ts";
import { listFaults, type PartOptions, type PartResult } from "./part.ts";
import { listMinutes, servePair } from "./served-pair.ts";

/** Ample, so that what the servers hold of it lasts; scarce, so that it does not. */
const limitsMicroUsd = { ample: 40_000_000, scarce: 300_000 } as const;
const perSecond = 20;
/** Before: until both servers know of each other, and hold their parts. */
const [beforeSeconds, afterSeconds] = [10, 4];

/** The network between two servers and their database dies without a word, under load. */
export async function blackholeStore({ databaseUrl, isShort }: PartOptions): Promise<PartResult> {
  const deadSeconds = isShort ? 10 : 60;
  const provider = await startHostile();
  const proxy = await createHalfOpenProxy({ target: { port: Number(new URL(databaseUrl).port) } });
  const throughProxy = new URL(databaseUrl);
  throughProxy.port = String(proxy.port);
  const keyOrders = [{ name: "ample" }, { name: "scarce" }];
  const pair = await servePair({ config: toConfig(provider.url) }, keyOrders, throughProxy.href);
  const startedAtMs = Date.now();
  try {
    const load = { perSecond, seconds: beforeSeconds + deadSeconds + afterSeconds };
    const asked = pair.urls.flatMap((url) => pair.keys.map(({ secret }) => ask(url, secret, load)));
    await sleep(beforeSeconds * 1000);
    proxy.blackhole();
    await sleep(deadSeconds * 1000);
    proxy.heal();
    const ends = await Promise.all(asked);
    const ample = ends[0]!.concat(ends[2]!);
    const scarce = ends[1]!.concat(ends[3]!);
    await pair.stop();
    const books = await readBooks(databaseUrl, listMinutes(startedAtMs, Date.now()));
    const subjectOf = { ample: keyOf(pair.keys[0]!.id), scarce: keyOf(pair.keys[1]!.id) };
    const over = books.balances.filter(
      ({ budget, spent }) => spent > (limitsMicroUsd[budget as keyof typeof limitsMicroUsd] ?? Infinity),
    );
    const drifts = findDrifts(books, subjectOf);
    const failed = ample.filter(({ ending }) => ending !== "whole");
    const odd = scarce.filter(({ ending, status }) => ending !== "whole" && status !== 429 && status !== 503);
    const refused = scarce.filter(({ ending }) => ending !== "whole").length;
    return {
      line: `the database blackholed for ${deadSeconds} s: ${failed.length} of ${ample.length} calls failed of a key with room, ${refused} of ${scarce.length} refused of one without, ${over.length} accounts over their limit, ${drifts.length} drifted`,
      faults: listFaults({
        [`failed: ${[...new Set(failed.map(({ why }) => why))].join(", ")}`]: failed.length === 0,
        [`refused otherwise: ${[...new Set(odd.map(({ why }) => why))].join(", ")}`]: odd.length === 0,
        "nobody was refused": refused > 0,
        [`over: ${JSON.stringify(over)}`]: over.length === 0,
        [`drifted: ${JSON.stringify(drifts)}`]: drifts.length === 0,
      }),
    };
  } finally {
    await pair.remove();
    await proxy.close();
    await provider.stop();
  }
}

function keyOf(id: string): (record: { readonly keyId?: string }) => string | undefined {
  return ({ keyId }) => (keyId === id ? keyId : undefined);
}

function ask(url: string, key: string, load: { perSecond: number; seconds: number }): Promise<CallEnd[]> {
  const agent = new Agent({ keepAlive: true });
  return applySteadyLoad(load, () =>
    askCall(
      { url, key, agent, timeoutMs: 20_000 },
      { surface: "chat", isStream: false, target: "plain", text: undefined, requestId: randomUUID() },
    ),
  ).finally(() => agent.destroy());
}

function toConfig(baseUrl: string): unknown {
  const price = {
    inputPerMillionUsd: hostilePrices.inputMicroUsd,
    outputPerMillionUsd: hostilePrices.outputMicroUsd,
  };
  return {
    providers: { hostile: { type: "openai-chat", baseUrl } },
    models: { plain: { provider: "hostile", model: "ok", price } },
    budgets: Object.fromEntries(
      Object.entries(limitsMicroUsd).map(([name, microUsd]) => [
        name,
        { per: "key", only: name, usd: microUsd / 1e6, window: "minute" },
      ]),
    ),
  };
}
