import { setTimeout as sleep } from "node:timers/promises";
import { percentile } from "../pressure/judge-answer.ts";
import type { PressureClient } from "../pressure/pressure-client.ts";
import { readResidentKib } from "../server-report.ts";
import type { PressureServer } from "../pressure/write-project.ts";

export interface WatchedServer {
  /** Of `/livez`, asked every 50 ms. */
  readonly livezMs: number;
  readonly peakMib: number;
}

/** Asks `/livez` and reads the RSS until the work is done. */
export async function watchServer<Result>(
  { child, url }: PressureServer,
  createClient: (url: string) => PressureClient,
  work: () => Promise<Result>,
): Promise<WatchedServer & { readonly result: Result }> {
  const client = createClient(url);
  const times: number[] = [];
  let peakKib = 0;
  const over = new AbortController();
  const watching = (async () => {
    while (!over.signal.aborted) {
      const { status, totalMs } = await client.send({ method: "GET", path: "/livez", body: "" });
      times.push(status === 200 ? totalMs : Number.POSITIVE_INFINITY);
      peakKib = Math.max(peakKib, readResidentKib(child.pid!));
      await sleep(50);
    }
  })();
  try {
    const result = await work();
    return { result, livezMs: percentile(times, 0.99), peakMib: peakKib / 1024 };
  } finally {
    over.abort();
    await watching;
    client.close();
  }
}
