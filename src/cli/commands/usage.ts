import { systemClock } from "../../clock.ts";
import type { Budget } from "../../endpoint/snapshot.ts";
import { HeadgateError } from "../../errors.ts";
import { checkProject } from "../../gateway.ts";
import { parseInput } from "../../server/parse-input.ts";
import { usageDimensions } from "../../store/usage.ts";
import type { Store } from "../../store/store.ts";
import { reportBudgets } from "../../usage/report-budgets.ts";
import type { BudgetsReport } from "../../usage/report-budgets.ts";
import { reportUsage } from "../../usage/report-usage.ts";
import type { UsageReport } from "../../usage/report-usage.ts";
import { toUsageCsv } from "../../usage/usage-csv.ts";
import { budgetsQuerySchema, usageQuerySchema } from "../../usage/usage-query.ts";
import { withAdminClient } from "../admin-client.ts";
import type { Command, OptionValues } from "../command.ts";
import { jsonOption, projectOption, textValue } from "../command.ts";
import { openDataFolder } from "../data-folder.ts";
import { findServer } from "../find-server.ts";
import { formatBudgets, formatUsage } from "../format-usage.ts";
import { findProjectFolder } from "../project-folder.ts";
import { withProjectStore } from "../project-store.ts";

export const usage: Command = {
  usage: "[--by <names>] [--since <when>] [--until <when>] [--month <month>] [--window <window>] | --budgets",
  description:
    "Tells what calls have taken and cost, and what the running month will, through the running server if there is one.",
  options: {
    by: {
      type: "string",
      value: "<names>",
      description: `What to tell apart, such as "team,model": ${usageDimensions.join(", ")}.`,
    },
    only: {
      type: "string",
      value: "<filters>",
      description: 'Only calls with these, such as "team=news,model=small".',
    },
    since: {
      type: "string",
      value: "<when>",
      description: "2026-11-01, 2026-11-01T10:00:00Z, 7d or 24h. Default: the begin of the running month.",
    },
    until: { type: "string", value: "<when>", description: "The first moment after it. Default: now." },
    month: { type: "string", value: "<month>", description: "Instead of both, such as 2026-11." },
    window: { type: "string", value: "<window>", description: "Tell each hour, day or month apart." },
    "time-zone": {
      type: "string",
      value: "<zone>",
      description: 'Whose calendar counts, such as "Europe/Berlin". Default: UTC.',
    },
    limit: { type: "string", value: "<number>", description: "Most names told apart. Default: 100." },
    budgets: { type: "boolean", description: "Tell instead what budgets have left." },
    csv: { type: "boolean", description: "Print CSV instead of text." },
    project: projectOption,
    json: jsonOption,
  },
  positionals: 0,
  run: async ({ values }, terminal) => {
    const folder = findProjectFolder(values, terminal);
    const dataFolder = openDataFolder(folder);
    const print = (report: unknown, text: string): number => {
      terminal.out(values["json"] === true ? `${JSON.stringify(report, null, 2)}\n` : text);
      return 0;
    };
    const withStore = <Report>(use: (store: Store) => Promise<Report>): Promise<Report> =>
      withProjectStore(dataFolder, terminal.environment, use);
    if (values["budgets"] === true) {
      const query = pick(values, { limit: "limit" });
      const { limit } = parseInput(budgetsQuerySchema, query);
      const declared = await readBudgets(folder);
      const report = await askServer<BudgetsReport>(dataFolder, "/admin/v1/budgets", query, () =>
        withStore((store) => reportBudgets(store, { declared, nowMs: systemClock.now(), limit })),
      );
      return print(report, formatBudgets(report));
    }
    const query = toUsageQuery(values);
    const parsed = parseInput(usageQuerySchema, query);
    const report = await askServer<UsageReport>(dataFolder, "/admin/v1/usage", query, () =>
      withStore((store) => reportUsage(store, parsed, systemClock.now())),
    );
    return print(report, values["csv"] === true ? toUsageCsv(report) : formatUsage(report));
  },
};

type Query = Readonly<Record<string, string>>;

/** Asks the running server, if there is one. */
async function askServer<Report>(
  dataFolder: string,
  path: string,
  query: Query,
  withoutServer: () => Promise<Report>,
): Promise<Report> {
  const server = await findServer(dataFolder);
  if (!server) return withoutServer();
  const search = new URLSearchParams(query).toString();
  return withAdminClient(
    server,
    async (client) => (await client({ method: "GET", path: `${path}${search === "" ? "" : `?${search}`}` })) as Report,
  );
}

async function readBudgets(folder: string): Promise<readonly Budget[]> {
  const loaded = await checkProject(folder);
  if (loaded.ok) return loaded.snapshot.budgets ?? [];
  throw new HeadgateError("project_invalid", { detail: `${loaded.problems.length} mistakes: run headgate check.` });
}

function toUsageQuery(values: OptionValues): Query {
  const options = { by: "by", from: "since", to: "until", month: "month", window: "window", limit: "limit" };
  return {
    ...pick(values, { ...options, timeZone: "time-zone" }),
    ...readFilters(textValue(values, "only")),
  };
}

/** Parameters of the query from the options that are given. */
function pick(values: OptionValues, names: Readonly<Record<string, string>>): Query {
  return Object.fromEntries(
    Object.entries(names).flatMap(([parameter, option]) => {
      const value = textValue(values, option);
      return value === undefined ? [] : [[parameter, value]];
    }),
  );
}

function readFilters(text: string | undefined): Query {
  if (text === undefined) return {};
  return Object.fromEntries(
    text.split(",").map((filter) => {
      const [name = "", ...value] = filter.split("=");
      if (usageDimensions.some((dimension) => dimension === name) && value.length > 0) return [name, value.join("=")];
      throw new HeadgateError("request_invalid", {
        detail: `--only takes such as team=news,model=small, with the names ${usageDimensions.join(", ")}.`,
      });
    }),
  );
}
