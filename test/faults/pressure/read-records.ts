import type { CallRecord } from "../../../src/store/store.ts";

/** All records of a server, by request id. */
export async function readRecords(serverUrl: string): Promise<Map<string, CallRecord>> {
  const records = new Map<string, CallRecord>();
  for (let before = ""; ;) {
    const response = await fetch(`${serverUrl}/admin/v1/requests?limit=500${before}`);
    const { requests } = (await response.json()) as { readonly requests: readonly CallRecord[] };
    for (const record of requests) records.set(record.requestId, record);
    const last = requests.at(-1);
    if (!last || requests.length < 500) return records;
    before = `&before=${last.startedAtMs}`;
  }
}
