import { systemClock } from "../../clock.ts";
import { HeadgateError } from "../../errors.ts";
import { createKey } from "../../server/create-key.ts";
import type { KeyRow, KeyScope, Store } from "../../store/store.ts";
import type { Command, CommandInput, OptionValues, Terminal } from "../command.ts";
import { jsonOption, projectOption, textValue } from "../command.ts";
import { openDataFolder } from "../data-folder.ts";
import { findServer } from "../find-server.ts";
import { withAdminClient } from "../admin-client.ts";
import type { AdminClient } from "../admin-client.ts";
import { findProjectFolder } from "../project-folder.ts";
import { withProjectStore } from "../project-store.ts";

type KeyView = Omit<KeyRow, "sha256">;

interface NewKeyOptions {
  readonly name: string;
  readonly tenant?: string;
  readonly team?: string;
  readonly scopes: readonly KeyScope[];
}

/** The key operations, the same over the running server's admin API and on the store itself. */
interface KeyDesk {
  create(key: NewKeyOptions): Promise<KeyView & { readonly secret: string }>;
  list(): Promise<readonly KeyView[]>;
  /** @throws HeadgateError `key_not_found` */
  revoke(id: string): Promise<void>;
}

export const keys: Command = {
  usage: "create --name <name> | list | revoke <id>",
  description:
    "Manages the project's API keys, through the running server if there is one. A key's secret is shown once, when it is created: only its hash is stored.",
  options: {
    name: { type: "string", value: "<name>", description: "create: what the key is for." },
    tenant: { type: "string", value: "<tenant>", description: 'create: whose data its calls are. Default: "default".' },
    team: {
      type: "string",
      value: "<team>",
      description: "create: whose budgets and limits it shares. Default: none.",
    },
    scope: {
      type: "string",
      value: "<scopes>",
      description: 'create: "call", "admin" or "call,admin". Default: "call".',
    },
    project: projectOption,
    json: jsonOption,
  },
  positionals: 2,
  run: async (input, terminal) => {
    const dataFolder = openDataFolder(findProjectFolder(input.values, terminal));
    const server = await findServer(dataFolder);
    if (server) return withAdminClient(server, (client) => run(input, terminal, remoteDesk(client)));
    return withProjectStore(dataFolder, terminal.environment, (store) => run(input, terminal, localDesk(store)));
  },
};

function localDesk(store: Store): KeyDesk {
  return {
    create: async (key) => {
      const { secret, row } = createKey({ ...key, nowMs: systemClock.now() });
      await store.insertKey(row);
      return { ...row, secret };
    },
    list: () => store.listKeys(),
    revoke: async (id) => {
      if (!(await store.revokeKey(id, systemClock.now()))) throw new HeadgateError("key_not_found");
    },
  };
}

function remoteDesk(client: AdminClient): KeyDesk {
  const path = "/admin/v1/keys";
  return {
    create: async (key) => (await client({ method: "POST", path, body: { ...key } })) as KeyView & { secret: string },
    list: async () => ((await client({ method: "GET", path })) as { keys: KeyView[] }).keys,
    revoke: async (id) => void (await client({ method: "DELETE", path: `${path}/${encodeURIComponent(id)}` })),
  };
}

async function run({ values, positionals }: CommandInput, terminal: Terminal, desk: KeyDesk): Promise<number> {
  const [action, id] = positionals;
  const print = (value: unknown, text: string): number => {
    terminal.out(values["json"] === true ? `${JSON.stringify(value, null, 2)}\n` : text);
    return 0;
  };
  if (action === "create") {
    const name = textValue(values, "name");
    if (!name) throw new HeadgateError("request_invalid", { detail: "Say what the key is for: --name <name>" });
    const {
      id: newId,
      tenant,
      team,
      scopes,
      secret,
    } = await desk.create({
      name,
      tenant: textValue(values, "tenant"),
      team: textValue(values, "team"),
      scopes: readScopes(values),
    });
    const owner = team === undefined ? `tenant ${tenant}` : `tenant ${tenant}, team ${team},`;
    const text = `${secret}\n\nThis is the only time the key is shown. It belongs to ${owner} and may: ${scopes.join(", ")}.\n`;
    return print({ id: newId, name, tenant, team, scopes, secret }, text);
  }
  if (action === "list") {
    const rows = (await desk.list()).map(({ id: rowId, name, tenant, team, scopes, createdAtMs, revokedAtMs }) => {
      return { id: rowId, name, tenant, team, scopes, createdAtMs, revokedAtMs };
    });
    return print(rows, rows.length === 0 ? "No keys.\n" : rows.map(formatRow).join(""));
  }
  if (action === "revoke" && id !== undefined) {
    await desk.revoke(id);
    return print({ id, revoked: true }, `Revoked ${id}.\n`);
  }
  throw new HeadgateError("request_invalid", {
    detail: "Say what to do: keys create --name <name> | list | revoke <id>",
  });
}

function readScopes(values: OptionValues): readonly KeyScope[] {
  return (textValue(values, "scope") ?? "call").split(",").map((scope) => {
    if (scope === "call" || scope === "admin") return scope;
    throw new HeadgateError("request_invalid", {
      detail: `There is no scope "${scope}": use call, admin or call,admin.`,
    });
  });
}

function formatRow({ id, name, tenant, team, scopes, createdAtMs, revokedAtMs }: KeyView): string {
  const state = revokedAtMs === undefined ? "live" : `revoked ${new Date(revokedAtMs).toISOString()}`;
  const owner = team === undefined ? `tenant ${tenant}` : `tenant ${tenant}  team ${team}`;
  return `${id}  ${name}  ${owner}  ${scopes.join(",")}  created ${new Date(createdAtMs).toISOString()}  ${state}\n`;
}
