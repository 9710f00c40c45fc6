import type { Database } from "./database.ts";
import type { Switch, SwitchStore } from "./store.ts";

interface SwitchRow extends Omit<Switch, "previous"> {
  readonly previous: string | null;
}

export function createSwitchStore(database: Database): SwitchStore {
  return {
    listSwitches: async () => (await database.query<SwitchRow>({ name: "list_switches", text: listSql })).map(fromRow),
    setSwitch: async (name, value, atMs) => {
      const [row] = await database.query<SwitchRow>({ text: setSql }, [name, value, atMs]);
      return fromRow(row!);
    },
  };
}

const fields = `name, value, previous, (extract(epoch from changed_at) * 1000)::double precision as "changedAtMs"`;

const listSql = `select ${fields} from headgate_switches order by name`;

// Setting it to what it is keeps what it was before.
const setSql = `
insert into headgate_switches as known (name, value, changed_at)
values ($1, $2, to_timestamp($3::double precision / 1000))
on conflict (name) do update set
  previous = case when known.value = excluded.value then known.previous else known.value end,
  value = excluded.value,
  changed_at = excluded.changed_at
returning ${fields}`;

function fromRow({ previous, ...row }: SwitchRow): Switch {
  return previous === null ? row : { ...row, previous };
}
