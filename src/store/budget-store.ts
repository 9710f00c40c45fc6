import type { Database } from "./database.ts";
import { grantLease } from "./grant-lease.ts";
import type {
  BudgetAccount,
  BudgetBalance,
  BudgetSpending,
  BudgetStore,
  LeaseAnswer,
  LeaseRequest,
  SeenProcess,
} from "./store.ts";

/** Accounts are locked in one order everywhere, so that no two transactions wait for each other. */
export function createBudgetStore(database: Database): BudgetStore {
  return {
    changeLeases: (processId, requests) =>
      requests.length === 0
        ? Promise.resolve([])
        : database.transaction(() => changeLeases(database, processId, requests)),
    addSpending: (spending, processId) =>
      spending.length === 0
        ? Promise.resolve([])
        : database.transaction(() => addSpending(database, spending, processId)),
    listBalances: async (windowStartsMs) =>
      database.query<BudgetBalance>({ text: listBalancesSql }, [[...windowStartsMs]]),
    beat: async (processId) => {
      const [own] = await database.query<{ wasKnown: boolean }>({ name: "beat", text: beatSql }, [processId]);
      const others = await database.query<SeenProcess>({ name: "list_processes", text: listProcessesSql }, [processId]);
      return { wasKnown: own?.wasKnown ?? false, others };
    },
    endProcesses: async (processIds) => {
      if (processIds.length === 0) return;
      await database.transaction(async () => {
        const leases = await database.query<Lease>({ text: `${leasesSql} where process_id = any($1::text[])` }, [
          [...processIds],
        ]);
        await lockWindows(database, leases);
        // Once more, behind the lock: they may have been spent from in between.
        await database.query({ text: returnLeasesSql }, [[...processIds]]);
        await database.query({ text: "delete from headgate_processes where id = any($1::text[])" }, [[...processIds]]);
      });
    },
    dropBudgetWindows: async (beforeMs) => {
      await database.query({ text: dropWindowsSql }, [beforeMs]);
    },
  };
}

interface Window extends BudgetAccount {
  readonly spent: number;
  readonly held: number;
}

interface Lease extends BudgetAccount {
  readonly processId: string;
  readonly held: number;
  readonly wanted: number;
}

async function changeLeases(
  database: Database,
  processId: string,
  requests: readonly LeaseRequest[],
): Promise<readonly LeaseAnswer[]> {
  const windows = await lockWindows(database, requests);
  const leases = await findLeases(database, requests);
  const answers = requests.map((request) => {
    const ofAccount = leases.get(keyOf(request));
    const own = ofAccount?.get(processId)?.held ?? 0;
    let wantedByOthers = 0;
    for (const lease of ofAccount?.values() ?? []) if (lease.processId !== processId) wantedByOthers += lease.wanted;
    return { ...grantLease(windows.get(keyOf(request))!, own, request), wantedByOthers };
  });
  const changes = answers.map(({ change }) => change);
  await database.query({ name: "change_leases", text: changeLeasesSql }, [
    processId,
    ...toColumns(requests),
    changes,
    requests.map(({ reserved }) => reserved),
    answers.map(({ unmet }) => unmet),
  ]);
  await database.query({ name: "change_held", text: changeHeldSql }, [...toColumns(requests), changes]);
  return answers.map(({ granted, spent, held, wantedByOthers }) => ({ granted, spent, held, wantedByOthers }));
}

async function addSpending(
  database: Database,
  spending: readonly BudgetSpending[],
  processId: string | undefined,
): Promise<readonly number[]> {
  await lockWindows(database, spending);
  const leases = processId === undefined ? new Map() : await findLeases(database, spending);
  const left = new Map<string, number>();
  const taken = spending.map((each) => {
    const key = keyOf(each);
    const held = left.get(key) ?? leases.get(key)?.get(processId)?.held ?? 0;
    const taking = Math.min(each.amount, held);
    left.set(key, held - taking);
    return taking;
  });
  const amounts = spending.map(({ amount }) => amount);
  await database.query({ name: "add_spent", text: addSpentSql }, [...toColumns(spending), amounts, taken]);
  if (processId !== undefined && taken.some((amount) => amount > 0)) {
    await database.query({ name: "take_leases", text: takeLeasesSql }, [processId, ...toColumns(spending), taken]);
  }
  return taken;
}

/** Makes the windows that are new, and keeps all from changing until the transaction ends. */
async function lockWindows(
  database: Database,
  accounts: readonly BudgetAccount[],
): Promise<ReadonlyMap<string, Window>> {
  const columns = toColumns(accounts);
  const ends = accounts.map(({ windowEndMs }) => windowEndMs);
  await database.query({ name: "make_windows", text: makeWindowsSql }, [...columns, ends]);
  const rows = await database.query<Window>({ name: "lock_windows", text: lockWindowsSql }, columns);
  return new Map(rows.map((row) => [keyOf(row), row]));
}

async function findLeases(
  database: Database,
  accounts: readonly BudgetAccount[],
): Promise<ReadonlyMap<string, ReadonlyMap<string, Lease>>> {
  const rows = await database.query<Lease>({ name: "find_leases", text: findLeasesSql }, toColumns(accounts));
  const leases = new Map<string, Map<string, Lease>>();
  for (const row of rows) {
    const ofAccount = leases.get(keyOf(row)) ?? new Map<string, Lease>();
    leases.set(keyOf(row), ofAccount.set(row.processId, row));
  }
  return leases;
}

function keyOf({ budget, subject, unit, windowStartMs }: BudgetAccount): string {
  return JSON.stringify([budget, subject, unit, windowStartMs]);
}

function toColumns(accounts: readonly BudgetAccount[]): readonly [string[], string[], string[], number[]] {
  return [
    accounts.map(({ budget }) => budget),
    accounts.map(({ subject }) => subject),
    accounts.map(({ unit }) => unit),
    accounts.map(({ windowStartMs }) => windowStartMs),
  ];
}

const windowOf = (table: string): string =>
  `(extract(epoch from ${table}.window_start) * 1000)::double precision as "windowStartMs",
  (extract(epoch from ${table}.window_end) * 1000)::double precision as "windowEndMs"`;

const toMoment = (milliseconds: string): string => `to_timestamp(${milliseconds}::double precision / 1000)`;

/** The accounts of four parameters from `$first` on, as columns of `each`. */
const accountsFrom = (first: number, more = ""): string => {
  const types = ["text", "text", "text", "double precision"];
  const parameters = types.map((type, index) => `$${first + index}::${type}[]`).join(", ");
  return `unnest(${parameters}${more}) as each`;
};

const sameAccount = (table: string): string =>
  `${table}.budget = each.budget and ${table}.subject = each.subject and ${table}.unit = each.unit
    and ${table}.window_start = ${toMoment("each.start_ms")}`;

const makeWindowsSql = `
insert into headgate_budget_windows (budget, subject, unit, window_start, window_end)
select distinct budget, subject, unit, ${toMoment("start_ms")}, ${toMoment("end_ms")}
from ${accountsFrom(1, ", $5::double precision[]")}(budget, subject, unit, start_ms, end_ms)
order by 1, 2, 3, 4
on conflict do nothing`;

const lockWindowsSql = `
select w.budget, w.subject, w.unit, ${windowOf("w")}, w.spent, w.held
from headgate_budget_windows w
where (w.budget, w.subject, w.unit, w.window_start) in (
  select budget, subject, unit, ${toMoment("start_ms")} from ${accountsFrom(1)}(budget, subject, unit, start_ms))
order by w.budget, w.subject, w.unit, w.window_start
for update`;

const leasesSql = `
select l.process_id as "processId", w.budget, w.subject, w.unit, ${windowOf("w")}, l.held, l.wanted
from headgate_budget_leases l join headgate_budget_windows w using (budget, subject, unit, window_start)`;

const findLeasesSql = `${leasesSql}
where (w.budget, w.subject, w.unit, w.window_start) in (
  select budget, subject, unit, ${toMoment("start_ms")} from ${accountsFrom(1)}(budget, subject, unit, start_ms))`;

const changeLeasesSql = `
insert into headgate_budget_leases as known
  (process_id, budget, subject, unit, window_start, held, reserved, wanted)
select $1, budget, subject, unit, ${toMoment("start_ms")}, granted, reserved, wanted
from ${accountsFrom(2, ", $6::bigint[], $7::bigint[], $8::bigint[]")}(budget, subject, unit, start_ms, granted, reserved, wanted)
on conflict (process_id, budget, subject, unit, window_start) do update set
  held = known.held + excluded.held, reserved = excluded.reserved, wanted = excluded.wanted`;

const changeHeldSql = `
update headgate_budget_windows w set held = w.held + each.granted
from ${accountsFrom(1, ", $5::bigint[]")}(budget, subject, unit, start_ms, granted)
where ${sameAccount("w")} and each.granted <> 0`;

// Several amounts of a batch may be of one account, and an update takes only one row for each.
const addSpentSql = `
update headgate_budget_windows w set spent = w.spent + each.amount, held = w.held - each.taken
from (
  select budget, subject, unit, start_ms, sum(amount) as amount, sum(taken) as taken
  from ${accountsFrom(1, ", $5::bigint[], $6::bigint[]")}(budget, subject, unit, start_ms, amount, taken)
  group by 1, 2, 3, 4) each
where ${sameAccount("w")}`;

const takeLeasesSql = `
update headgate_budget_leases l set held = l.held - each.taken
from (
  select budget, subject, unit, start_ms, sum(taken) as taken
  from ${accountsFrom(2, ", $6::bigint[]")}(budget, subject, unit, start_ms, taken)
  group by 1, 2, 3, 4) each
where l.process_id = $1 and ${sameAccount("l")}`;

const listBalancesSql = `
select w.budget, w.subject, w.unit, ${windowOf("w")}, w.spent, w.held, coalesce(sum(l.reserved), 0)::bigint as reserved
from headgate_budget_windows w
left join headgate_budget_leases l using (budget, subject, unit, window_start)
where w.window_start in (select ${toMoment("start_ms")} from unnest($1::double precision[]) as each(start_ms))
group by w.budget, w.subject, w.unit, w.window_start, w.window_end, w.spent, w.held
order by 1, 2, 3, 4
limit 10000`;

// The database's own clock: those of machines differ.
const beatSql = `
insert into headgate_processes (id, seen_at) values ($1, now())
on conflict (id) do update set seen_at = now()
returning xmax <> 0 as "wasKnown"`;

const listProcessesSql = `
select id, (extract(epoch from now() - seen_at) * 1000)::double precision as "silentMs"
from headgate_processes where id <> $1`;

const returnLeasesSql = `
with ended as (delete from headgate_budget_leases where process_id = any($1::text[]) returning *)
update headgate_budget_windows w set held = w.held - each.held
from (select budget, subject, unit, window_start, sum(held) as held from ended group by 1, 2, 3, 4) each
where w.budget = each.budget and w.subject = each.subject and w.unit = each.unit
  and w.window_start = each.window_start`;

const dropWindowsSql = `
with ended as (delete from headgate_budget_windows where window_end < ${toMoment("$1")} returning *)
delete from headgate_budget_leases l using ended
where l.budget = ended.budget and l.subject = ended.subject and l.unit = ended.unit
  and l.window_start = ended.window_start`;
