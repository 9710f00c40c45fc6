import type { CallRecord } from "../../src/store/store.ts";

/** All records of a server's store, by request id. @throws Error if any is there twice */
export async function readRecords(serverUrl: string, key?: string): Promise<Map<string, CallRecord>> {
  const records = new Map<string, CallRecord>();
  const headers: Record<string, string> = key === undefined ? {} : { authorization: `Bearer ${key}` };
  for (let before = ""; ;) {
    const response = await fetch(`${serverUrl}/admin/v1/requests?limit=500${before}`, { headers });
    const { requests } = (await response.json()) as { readonly requests: readonly CallRecord[] };
    for (const record of requests) {
      if (records.has(record.requestId)) throw new Error(`There are two records of ${record.requestId}.`);
      records.set(record.requestId, record);
    }
    const last = requests.at(-1);
    if (!last || requests.length < 500) return records;
    before = `&before=${last.startedAtMs}`;
  }
}
