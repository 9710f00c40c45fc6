import type { Database } from "./database.ts";
import type { AnswerStore } from "./store.ts";

/** Answers that are used again, on any Postgres. */
export function createAnswerStore(database: Database): AnswerStore {
  return {
    findAnswers: async (keys, nowMs) => {
      const values = [keys.map(({ tenant }) => tenant), keys.map(({ key }) => key), nowMs];
      const rows = await database.query<{ at: number; body: string }>({ name: "find_answers", text: findSql }, values);
      const bodies = new Map(rows.map(({ at, body }) => [at, body]));
      return keys.map((_, index) => bodies.get(index + 1));
    },
    listAnswerKeys: async (limit, nowMs) => {
      const rows = await database.query<{ key: string }>({ text: listKeysSql }, [limit, nowMs]);
      return rows.map(({ key }) => key);
    },
    insertAnswers: async (answers) => {
      // One statement cannot write a row twice.
      const newest = new Map(answers.map((answer) => [`${answer.tenant}\n${answer.key}`, answer] as const));
      if (newest.size === 0) return;
      const rows = [...newest.values()];
      await database.query({ name: "insert_answers", text: insertSql }, [
        rows.map(({ tenant }) => tenant),
        rows.map(({ key }) => key),
        rows.map(({ createdAtMs }) => createdAtMs),
        rows.map(({ expiresAtMs }) => expiresAtMs),
        rows.map(({ body }) => body),
      ]);
    },
    dropExpiredAnswers: async (nowMs) => (await database.query({ text: dropSql }, [nowMs, droppedAtOnce])).length,
  };
}

/** Frees what has expired, in statements that are over soon. */
export async function dropAllExpiredAnswers(store: AnswerStore, nowMs: number): Promise<void> {
  for (let round = 0; round < mostRounds; round++) {
    if ((await store.dropExpiredAnswers(nowMs)) < droppedAtOnce) return;
  }
}

const droppedAtOnce = 500;
const mostRounds = 200;

const findSql = `
select at, body
from unnest($1::text[], $2::text[]) with ordinality as wanted (tenant, key, at)
join headgate_answers using (tenant, key)
where expires_at > to_timestamp($3::double precision / 1000)`;

const listKeysSql = `
select key from headgate_answers where expires_at > to_timestamp($2::double precision / 1000)
order by created_at desc limit $1`;

// Processes write late: an older answer does not take the place of a newer one.
const insertSql = `
insert into headgate_answers as known (tenant, key, created_at, expires_at, body)
select tenant, key, to_timestamp(created_ms / 1000), to_timestamp(expires_ms / 1000), body
from unnest($1::text[], $2::text[], $3::double precision[], $4::double precision[], $5::text[])
  as added (tenant, key, created_ms, expires_ms, body)
on conflict (tenant, key) do update
set created_at = excluded.created_at, expires_at = excluded.expires_at, body = excluded.body
where excluded.created_at >= known.created_at`;

const dropSql = `
with expired as (
  select tenant, key from headgate_answers
  where expires_at <= to_timestamp($1::double precision / 1000)
  order by expires_at limit $2 for update skip locked
)
delete from headgate_answers using expired
where headgate_answers.tenant = expired.tenant and headgate_answers.key = expired.key
returning expired.key`;
