import type { Database } from "./database.ts";
import type { CountedRecord } from "./record-columns.ts";
import { usageDimensions } from "./usage.ts";
import type { UsageDimension, UsageRow, UsageStore, UsageSums } from "./usage.ts";

interface Dimension {
  readonly column: string;
  readonly of: (record: CountedRecord) => string | undefined;
}

const dimensions: Readonly<Record<UsageDimension, Dimension>> = {
  tenant: { column: "tenant", of: ({ tenant }) => tenant },
  key: { column: "key_id", of: ({ keyId }) => keyId },
  team: { column: "team", of: ({ team }) => team },
  endpoint: { column: "endpoint", of: ({ endpoint }) => endpoint },
  surface: { column: "surface", of: ({ surface }) => surface },
  tier: { column: "tier", of: ({ tier }) => tier },
  provider: { column: "provider", of: ({ provider }) => provider },
  model: { column: "model", of: ({ model }) => model },
  cache: { column: "cache", of: ({ cache }) => cache },
};

interface Sum {
  readonly column: string;
  readonly of: (record: CountedRecord) => number;
}

const sums: Readonly<Record<keyof UsageSums, Sum>> = {
  requests: { column: "requests", of: () => 1 },
  errors: { column: "errors", of: ({ status }) => (status === "error" ? 1 : 0) },
  inputTokens: { column: "input_tokens", of: ({ inputTokens }) => inputTokens },
  outputTokens: { column: "output_tokens", of: ({ outputTokens }) => outputTokens },
  cachedInputTokens: { column: "cached_input_tokens", of: ({ cachedInputTokens = 0 }) => cachedInputTokens },
  costMicroUsd: { column: "cost_micro_usd", of: ({ costMicroUsd }) => costMicroUsd ?? 0 },
  unpricedRequests: { column: "unpriced_requests", of: ({ costMicroUsd }) => (costMicroUsd === null ? 1 : 0) },
  savedInputTokens: { column: "saved_input_tokens", of: ({ savedInputTokens = 0 }) => savedInputTokens },
  savedOutputTokens: { column: "saved_output_tokens", of: ({ savedOutputTokens = 0 }) => savedOutputTokens },
  savedMicroUsd: { column: "saved_micro_usd", of: ({ savedMicroUsd = 0 }) => savedMicroUsd },
};

const dimensionList = usageDimensions.map((name) => dimensions[name]);
const sumList = Object.values(sums);
const hourMs = 3_600_000;

interface Hour {
  readonly hourMs: number;
  readonly names: readonly (string | null)[];
  readonly sums: number[];
}

export function createUsageStore(database: Database): UsageStore {
  return {
    sumUsage: async ({ startsMs, endMs, by, only = {}, limit }) => {
      const filters = usageDimensions.map((name) => only[name] ?? null);
      const rows = await database.query<StoredRow>({ text: sumSql(by) }, [[...startsMs], endMs, limit, ...filters]);
      return rows.map(fromStoredRow);
    },
  };
}

/** Adds records up. Belongs into the transaction that stores them. */
export async function addUsage(database: Database, records: readonly CountedRecord[]): Promise<void> {
  const hours = [...addUp(records).values()];
  if (hours.length === 0) return;
  await database.query({ name: "add_usage", text: addSql }, [
    hours.map((hour) => hour.hourMs),
    ...dimensionList.map((_, index) => hours.map(({ names }) => names[index])),
    ...sumList.map((_, index) => hours.map((hour) => hour.sums[index])),
  ]);
}

function addUp(records: readonly CountedRecord[]): ReadonlyMap<string, Hour> {
  const hours = new Map<string, Hour>();
  for (const record of records) {
    const startMs = Math.floor(record.startedAtMs / hourMs) * hourMs;
    const names = dimensionList.map(({ of }) => of(record) ?? null);
    const key = JSON.stringify([startMs, names]);
    let hour = hours.get(key);
    if (!hour) hours.set(key, (hour = { hourMs: startMs, names, sums: sumList.map(() => 0) }));
    for (const [index, { of }] of sumList.entries()) hour.sums[index]! += of(record);
  }
  return hours;
}

const toMoment = (milliseconds: string): string => `to_timestamp(${milliseconds}::double precision / 1000)`;
const toMilliseconds = (moment: string): string => `(extract(epoch from ${moment}) * 1000)::double precision`;
const dimensionColumns = dimensionList.map(({ column }) => column).join(", ");
const sumColumns = sumList.map(({ column }) => column).join(", ");

const addTypes = ["double precision", ...dimensionList.map(() => "text"), ...sumList.map(() => "bigint")];

// In one order everywhere, so that no two transactions wait for each other.
const addSql = `
insert into headgate_usage as known (hour, ${dimensionColumns}, ${sumColumns})
select ${toMoment("hour_ms")}, ${dimensionColumns}, ${sumColumns}
from unnest(${addTypes.map((type, index) => `$${index + 1}::${type}[]`).join(", ")})
  as each(hour_ms, ${dimensionColumns}, ${sumColumns})
order by hour_ms, ${dimensionColumns}
on conflict (hour, names_hash) do update set
  ${sumList.map(({ column }) => `${column} = known.${column} + excluded.${column}`).join(", ")}`;

interface StoredRow extends Omit<UsageRow, "names"> {
  readonly names: readonly (string | null)[] | null;
}

/** Parameters: starts, end, limit, then a name of each dimension, or null for any. */
function sumSql(by: readonly UsageDimension[]): string {
  const names = `array[${by.map((name) => dimensions[name].column).join(", ")}]::text[]`;
  const filters = dimensionList.map(
    ({ column }, index) => `($${index + 4}::text is null or ${column} = $${index + 4})`,
  );
  const total = ({ column }: Sum): string => `sum(${column}) as ${column}`;
  return `
with summed as (
  select width_bucket(${toMilliseconds("hour")}, $1::double precision[]) - 1 as bucket, ${names} as names,
    min(hour) as first_hour, ${sumList.map(total).join(", ")}
  from headgate_usage
  where hour >= ${toMoment("($1::double precision[])[1]")} and hour < ${toMoment("$2")} and ${filters.join(" and ")}
  group by 1, 2
), ranked as (
  select names, row_number() over (order by sum(cost_micro_usd) desc, sum(requests) desc, names) as rank
  from summed group by names
), told as (
  select bucket, case when rank <= $3::integer then names end as names, min(first_hour) as first_hour,
    ${sumList.map(total).join(", ")}
  from summed join ranked using (names)
  group by 1, 2
)
select bucket as "window", names, ${toMilliseconds("first_hour")} as "firstMs",
  ${Object.entries(sums)
    .map(([field, { column }]) => `${column}::bigint as "${field}"`)
    .join(", ")}
from told
order by bucket, names is null, cost_micro_usd desc, requests desc, names`;
}

function fromStoredRow({ names, ...row }: StoredRow): UsageRow {
  return names === null ? row : { ...row, names };
}
