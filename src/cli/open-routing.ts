import { checkProject, openProjectRouting, type OpenGateway } from "../gateway.ts";
import { HeadgateError } from "../errors.ts";
import { createLogger } from "../telemetry/logger.ts";
import { withAdminClient, type AdminClient } from "./admin-client.ts";
import type { OptionValues, Terminal } from "./command.ts";
import { openDataFolder } from "./data-folder.ts";
import { findServer } from "./find-server.ts";
import { formatProblems } from "./format-problems.ts";
import { findProjectFolder } from "./project-folder.ts";
import { withProjectStore } from "./project-store.ts";

type LocalDesk = OpenGateway["routing"];
export type RuleSetList = ReturnType<LocalDesk["list"]>;
export type RuleReplay = Awaited<ReturnType<LocalDesk["replay"]>>;

/** The rule set operations, the same over the running server's admin API and on the project and its store. */
export interface RoutingDesk extends Omit<LocalDesk, "list"> {
  readonly list: () => Promise<RuleSetList>;
}

/** @throws HeadgateError `project_invalid`, `store_locked`, `store_unavailable`, or the running server's own */
export async function withRouting<T>(
  values: OptionValues,
  terminal: Terminal,
  use: (desk: RoutingDesk) => Promise<T>,
): Promise<T> {
  const folder = findProjectFolder(values, terminal);
  const dataFolder = openDataFolder(folder);
  const server = await findServer(dataFolder);
  if (server) return withAdminClient(server, (client) => use(remoteDesk(client)));
  const loaded = await checkProject(folder);
  if (!loaded.ok) throw new HeadgateError("project_invalid", { detail: formatProblems(loaded.problems) });
  const { log, flush } = createLogger({ level: "warn", destination: 2 });
  return withProjectStore(dataFolder, terminal.environment, async (store) => {
    const desk = await openProjectRouting(store, loaded.snapshot, log);
    try {
      return await use({ ...desk, list: async () => desk.list() });
    } finally {
      desk.close();
      flush();
    }
  });
}

function remoteDesk(client: AdminClient): RoutingDesk {
  const path = "/admin/v1/routes";
  return {
    list: async () => (await client({ method: "GET", path })) as RuleSetList,
    use: async (version) => (await client({ method: "POST", path, body: { use: version } })) as RuleSetList,
    rollback: async () => (await client({ method: "POST", path: `${path}/rollback`, body: {} })) as RuleSetList,
    replay: async (version, sinceMs) => {
      const query = new URLSearchParams({ version, since: String(sinceMs) });
      return (await client({ method: "GET", path: `${path}/replay?${query.toString()}` })) as RuleReplay;
    },
  };
}
