import { parseJson } from "../json.ts";
import type { Database } from "./database.ts";
import type { ClaimName, IdempotencyStore, KeptAnswer, KnownClaim } from "./store.ts";

interface ClaimRow extends Omit<KnownClaim, "answer"> {
  /** Null: there is no answer. */
  readonly answerHead: string | null;
  readonly answerBody: Uint8Array | null;
}

/** Requests with an Idempotency-Key, on any Postgres. */
export function createIdempotencyStore(database: Database): IdempotencyStore {
  return {
    claimKeys: async (claims, { nowMs, aliveUntilMs }) => {
      if (claims.length === 0) return new Set();
      const rows = await database.query<{ run: string }>({ name: "claim_keys", text: claimSql }, [
        claims.map(({ tenant }) => tenant),
        claims.map(({ keySha256 }) => keySha256),
        claims.map(({ requestSha256 }) => requestSha256),
        claims.map(({ run }) => run),
        claims.map(({ owner }) => owner),
        claims.map(({ expiresAtMs }) => expiresAtMs),
        aliveUntilMs,
        nowMs,
      ]);
      return new Set(rows.map(({ run }) => run));
    },
    findClaim: async (tenant, keySha256, nowMs) => {
      const values = [tenant, keySha256, nowMs];
      const [row] = await database.query<ClaimRow>({ name: "find_claim", text: findSql }, values);
      return row && fromRow(row);
    },
    renewClaims: async (claims, aliveUntilMs) => {
      await database.query({ name: "renew_claims", text: renewSql }, [
        claims.map(({ tenant }) => tenant),
        claims.map(({ keySha256 }) => keySha256),
        claims.map(({ run }) => run),
        aliveUntilMs,
      ]);
    },
    settleClaim: async (claim, answer, expiresAtMs) => {
      const { body, ...head } = answer ?? {};
      await database.query({ name: "settle_claim", text: settleSql }, [
        ...nameOf(claim),
        answer ? "answered" : "unkept",
        expiresAtMs,
        answer ? JSON.stringify(head) : null,
        body ?? null,
      ]);
    },
    releaseClaim: async (claim) => {
      await database.query({ name: "release_claim", text: releaseSql }, nameOf(claim));
    },
    dropExpiredClaims: async (nowMs) => (await database.query({ text: dropSql }, [nowMs, droppedAtOnce])).length,
  };
}

/** Frees all that has expired, in steps that keep the database for a moment each. */
export async function dropAllExpiredClaims(store: IdempotencyStore, nowMs: number): Promise<void> {
  for (let round = 0; round < mostRounds; round++) {
    if ((await store.dropExpiredClaims(nowMs)) < droppedAtOnce) return;
  }
}

const droppedAtOnce = 500;
const mostRounds = 200;

function nameOf({ tenant, keySha256, run }: ClaimName): string[] {
  return [tenant, keySha256, run];
}

function fromRow({ answerHead, answerBody, ...claim }: ClaimRow): KnownClaim {
  if (answerHead === null || answerBody === null) return claim;
  return { ...claim, answer: { ...(parseJson(answerHead) as Omit<KeptAnswer, "body">), body: answerBody } };
}

// In the order of the keys, so that the claims of two processes never wait for each other in turns.
const claimSql = `
insert into headgate_idempotency_claims as held
  (tenant, key_sha256, request_sha256, run, owner, state, alive_until, expires_at)
select tenant, key_sha256, request_sha256, run, owner, 'running',
  to_timestamp($7::double precision / 1000), to_timestamp(expires_at_ms / 1000)
from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::double precision[])
  as claims (tenant, key_sha256, request_sha256, run, owner, expires_at_ms)
order by tenant, key_sha256
on conflict (tenant, key_sha256) do update set
  request_sha256 = excluded.request_sha256, run = excluded.run, owner = excluded.owner, state = excluded.state,
  alive_until = excluded.alive_until, expires_at = excluded.expires_at, answer_head = null, answer_body = null
where held.expires_at <= to_timestamp($8::double precision / 1000)
returning run`;

const findSql = `
select run, request_sha256 as "requestSha256", owner, state,
  (extract(epoch from alive_until) * 1000)::double precision as "aliveUntilMs",
  answer_head as "answerHead", answer_body as "answerBody"
from headgate_idempotency_claims
where tenant = $1 and key_sha256 = $2 and expires_at > to_timestamp($3::double precision / 1000)`;

const renewSql = `
update headgate_idempotency_claims held set alive_until = to_timestamp($4::double precision / 1000)
from unnest($1::text[], $2::text[], $3::text[]) as claims (tenant, key_sha256, run)
where held.tenant = claims.tenant and held.key_sha256 = claims.key_sha256 and held.run = claims.run`;

const isNamed = "tenant = $1 and key_sha256 = $2 and run = $3";

const settleSql = `
update headgate_idempotency_claims set
  state = $4, expires_at = to_timestamp($5::double precision / 1000), answer_head = $6, answer_body = $7
where ${isNamed}`;

const releaseSql = `delete from headgate_idempotency_claims where ${isNamed}`;

const dropSql = `
with expired as (
  select tenant, key_sha256, run from headgate_idempotency_claims
  where expires_at <= to_timestamp($1::double precision / 1000)
  order by expires_at limit $2 for update skip locked
)
delete from headgate_idempotency_claims held using expired
where held.tenant = expired.tenant and held.key_sha256 = expired.key_sha256 returning held.run`;
