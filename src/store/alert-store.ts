import type { Database } from "./database.ts";
import type { AlertStore, DueAlert } from "./budget-alert.ts";

export function createAlertStore(database: Database): AlertStore {
  return {
    claimAlert: async (alert, nextAttemptMs) => {
      const { id, budget, subject, unit, windowStartMs, threshold, body, claimedAtMs } = alert;
      const values = [id, budget, subject, unit, windowStartMs, threshold, body, claimedAtMs, nextAttemptMs ?? null];
      return (await database.query({ name: "claim_alert", text: claimSql }, values)).length > 0;
    },
    takeDueAlerts: async ({ nowMs, leaseEndMs, limit }) =>
      database.query<DueAlert>({ name: "take_alerts", text: takeSql }, [nowMs, leaseEndMs, limit]),
    scheduleAlert: async (id, nextAttemptMs) => {
      await database.query({ name: "schedule_alert", text: scheduleSql }, [id, nextAttemptMs ?? null]);
    },
    dropAlerts: async (beforeMs) => {
      await database.query({ name: "drop_alerts", text: dropSql }, [beforeMs]);
    },
  };
}

const toMoment = (milliseconds: string): string => `to_timestamp(${milliseconds}::double precision / 1000)`;

const claimSql = `
insert into headgate_budget_alerts
  (id, budget, subject, unit, window_start, threshold, body, claimed_at, next_attempt_at)
values ($1, $2, $3, $4, ${toMoment("$5")}, $6, $7, ${toMoment("$8")}, ${toMoment("$9")})
on conflict (budget, subject, unit, window_start, threshold) do nothing
returning id`;

// The lease is a later attempt: should this process die with the alert, another one makes it.
const takeSql = `
update headgate_budget_alerts set attempts = attempts + 1, next_attempt_at = ${toMoment("$2")}
where id in (
  select id from headgate_budget_alerts where next_attempt_at <= ${toMoment("$1")}
  order by next_attempt_at limit $3::integer for update skip locked)
returning id, budget, body, attempts, (extract(epoch from claimed_at) * 1000)::double precision as "claimedAtMs"`;

const scheduleSql = `update headgate_budget_alerts set next_attempt_at = ${toMoment("$2")} where id = $1`;

const dropSql = `delete from headgate_budget_alerts where claimed_at < ${toMoment("$1")}`;
