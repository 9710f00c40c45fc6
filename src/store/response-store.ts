import type { Database } from "./database.ts";
import type { ResponseStore, StoredItem, StoredResponse } from "./store.ts";

interface ResponseRow {
  readonly previousId: string | null;
  readonly createdAtMs: number;
  readonly expiresAtMs: number;
  readonly turns: number;
  readonly bytes: number;
  readonly body: string;
}

interface ItemRow {
  readonly id: string | null;
  readonly isOutput: boolean;
  readonly json: string;
}

interface ConversationRow {
  readonly responseId: string;
  readonly turns: number;
  readonly bytes: number;
  /** Null: the turn has no items. */
  readonly item: string | null;
  readonly itemId: string | null;
  readonly isOutput: boolean | null;
}

/** Answers of the Responses API, on any Postgres. */
export function createResponseStore(database: Database): ResponseStore {
  return {
    insertResponse: async (response) => {
      const { items, tenant, id, previousId = null, createdAtMs, expiresAtMs, turns, bytes, body } = response;
      await database.query({ name: "insert_response", text: insertSql }, [
        tenant,
        id,
        previousId,
        createdAtMs,
        expiresAtMs,
        turns,
        bytes,
        body,
        items.map((item) => item.id ?? null),
        items.map(({ isOutput }) => isOutput),
        items.map(({ json }) => json),
      ]);
    },
    findResponse: async (tenant, id, nowMs) => {
      if (!isStorable(id)) return undefined;
      const [row] = await database.query<ResponseRow>({ name: "find_response", text: findSql }, [tenant, id, nowMs]);
      if (!row) return undefined;
      const items = await database.query<ItemRow>({ name: "list_response_items", text: listItemsSql }, [tenant, id]);
      return toResponse(tenant, id, row, items.map(toItem));
    },
    findConversation: async (tenant, id, nowMs) => {
      if (!isStorable(id)) return undefined;
      const values = [tenant, id, nowMs];
      const rows = await database.query<ConversationRow>({ name: "find_conversation", text: conversationSql }, values);
      const last = rows.at(-1);
      if (!last) return undefined;
      const items = rows.flatMap(({ responseId, item, itemId, isOutput }) =>
        item === null ? [] : [{ responseId, ...toItem({ id: itemId, isOutput: isOutput === true, json: item }) }],
      );
      return { turns: last.turns, bytes: last.bytes, items };
    },
    findResponseItems: async (tenant, itemIds, { nowMs, maxBytes }) => {
      const ids = [...new Set(itemIds)].filter(isStorable);
      if (ids.length === 0) return new Map();
      const values = [tenant, ids, nowMs, maxBytes];
      const statement = { name: "find_response_items", text: findItemsSql };
      const rows = await database.query<{ id: string; json: string }>(statement, values);
      return new Map(rows.map(({ id, json }) => [id, json]));
    },
    deleteResponse: async (tenant, id, nowMs) => {
      if (!isStorable(id)) return false;
      return (await database.query({ text: hideSql }, [tenant, id, nowMs])).length > 0;
    },
    dropExpiredResponses: async (nowMs) => (await database.query({ text: dropSql }, [nowMs, droppedAtOnce])).length,
  };
}

/** Frees what has expired: a conversation turn by turn, from its end. */
export async function dropAllExpired(store: ResponseStore, nowMs: number): Promise<void> {
  for (let round = 0; round < mostRounds; round++) {
    if ((await store.dropExpiredResponses(nowMs)) === 0) return;
  }
}

const droppedAtOnce = 500;
const mostRounds = 200;

// Postgres refuses a NUL even in a question.
function isStorable(id: string): boolean {
  return !id.includes("\0") && id.isWellFormed();
}

function toItem({ id, isOutput, json }: ItemRow): StoredItem {
  return { ...(id === null ? {} : { id }), isOutput, json };
}

function toResponse(
  tenant: string,
  id: string,
  { previousId, ...row }: ResponseRow,
  items: readonly StoredItem[],
): StoredResponse {
  return { tenant, id, ...(previousId === null ? {} : { previousId }), ...row, items };
}

const insertSql = `
with kept as (
  insert into headgate_responses (tenant, id, previous_id, created_at, expires_at, turns, bytes, body)
  values ($1, $2, $3, to_timestamp($4::double precision / 1000), to_timestamp($5::double precision / 1000), $6, $7, $8)
)
insert into headgate_response_items (tenant, response_id, position, item_id, is_output, item)
select $1, $2, position, item_id, is_output, item
from unnest($9::text[], $10::boolean[], $11::text[]) with ordinality as items (item_id, is_output, item, position)`;

const isAlive = "expires_at > to_timestamp($3::double precision / 1000)";

const findSql = `
select previous_id as "previousId", turns, bytes, body,
  (extract(epoch from created_at) * 1000)::bigint as "createdAtMs",
  (extract(epoch from expires_at) * 1000)::bigint as "expiresAtMs"
from headgate_responses where tenant = $1 and id = $2 and ${isAlive}`;

const listItemsSql = `
select item_id as id, is_output as "isOutput", item as json
from headgate_response_items where tenant = $1 and response_id = $2 order by position`;

// Only the last turn has to be alive: those before it are kept for it.
const conversationSql = `
with recursive chain as (
  select id, previous_id, turns, bytes from headgate_responses where tenant = $1 and id = $2 and ${isAlive}
  union all
  select before.id, before.previous_id, before.turns, before.bytes
  from chain join headgate_responses before on before.tenant = $1 and before.id = chain.previous_id
)
select chain.id as "responseId", chain.turns, chain.bytes, item, item_id as "itemId", is_output as "isOutput"
from chain left join headgate_response_items on tenant = $1 and response_id = chain.id
order by chain.turns, position`;

const findItemsSql = `
with found as (
  select distinct on (item_id) item_id, item
  from headgate_response_items items
  join headgate_responses responses on responses.tenant = items.tenant and responses.id = items.response_id
  where items.tenant = $1 and item_id = any ($2) and ${isAlive}
  order by item_id, created_at desc
), measured as (
  select item_id, item, sum(octet_length(item)) over (order by item_id) as total from found
)
select item_id as id, item as json from measured where total <= $4`;

const hideSql = `
update headgate_responses set expires_at = to_timestamp(0)
where tenant = $1 and id = $2 and ${isAlive} returning id`;

const dropSql = `
with last as (
  select tenant, id from headgate_responses expired
  where expires_at <= to_timestamp($1::double precision / 1000) and not exists (
    select from headgate_responses later where later.tenant = expired.tenant and later.previous_id = expired.id
  )
  order by expires_at limit $2 for update skip locked
)
delete from headgate_responses using last
where headgate_responses.tenant = last.tenant and headgate_responses.id = last.id returning last.id`;
