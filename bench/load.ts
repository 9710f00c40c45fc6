import { Pool } from "undici";

export interface Target {
  readonly url: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  /** The same for all, or each request's own, by its number. */
  readonly body: string | ((request: number) => string);
}

export interface LoadResult {
  readonly requests: number;
  readonly seconds: number;
  /** Sorted, in milliseconds. */
  readonly latenciesMs: readonly number[];
}

/** Keeps `concurrency` requests in flight until `requests` have been answered. Anything but a 200 ends the bench. */
export async function applyLoad(target: Target, concurrency: number, requests: number): Promise<LoadResult> {
  const pool = new Pool(target.url, { connections: concurrency });
  const latenciesMs: number[] = [];
  let started = 0;
  const beganAt = performance.now();
  const worker = async (): Promise<void> => {
    while (started < requests) {
      const { path, headers } = target;
      const body = typeof target.body === "string" ? target.body : target.body(started);
      started++;
      const sentAt = performance.now();
      const response = await pool.request({ path, method: "POST", headers, body });
      const text = await response.body.text();
      if (response.statusCode !== 200)
        throw new Error(`${path} answered ${response.statusCode}: ${text.slice(0, 300)}`);
      latenciesMs.push(performance.now() - sentAt);
    }
  };
  await Promise.all(Array.from({ length: concurrency }, worker));
  const seconds = (performance.now() - beganAt) / 1000;
  await pool.close();
  return { requests, seconds, latenciesMs: latenciesMs.sort((a, b) => a - b) };
}

export function percentile(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

export function median(values: readonly number[]): number {
  return percentile(
    [...values].sort((a, b) => a - b),
    0.5,
  );
}
