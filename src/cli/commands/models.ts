import { checkProject, describeProjectModels } from "../../gateway.ts";
import type { Command } from "../command.ts";
import { jsonOption, projectOption } from "../command.ts";
import { formatProblems } from "../format-problems.ts";
import { formatTable } from "../format-table.ts";
import { findProjectFolder } from "../project-folder.ts";

type Described = Awaited<ReturnType<typeof describeProjectModels>>[number];

export const models: Command = {
  usage: "[--project <folder>] [--json]",
  description:
    "Lists the models that the project declares, each at every place where it runs: tiers, prices in US dollars for a million tokens, context window, capabilities. Asks neither a server nor a provider; an unknown price is shown as ?.",
  options: { project: projectOption, json: jsonOption },
  positionals: 0,
  run: async ({ values }, terminal) => {
    const loaded = await checkProject(findProjectFolder(values, terminal));
    if (!loaded.ok) {
      terminal.out(
        values["json"] === true
          ? `${JSON.stringify({ ok: false, problems: loaded.problems }, null, 2)}\n`
          : formatProblems(loaded.problems),
      );
      return 1;
    }
    const described = await describeProjectModels(loaded.snapshot);
    if (values["json"] === true) terminal.out(`${JSON.stringify(described, null, 2)}\n`);
    else terminal.out(described.length === 0 ? noModels : formatModels(described));
    return 0;
  },
};

const noModels =
  "The project declares no models. Calls by provider/model work with every declared provider; without one, `headgate dev` picks one and says which.\n";

function formatModels(described: readonly Described[]): string {
  const head = ["MODEL", "TIERS", "PROVIDER", "PROVIDER'S NAME", "INPUT", "OUTPUT", "CONTEXT", "CAPABILITIES"];
  const names = new Set(described.map(({ name }) => name));
  const isSpread = names.size < described.length;
  const rows = described.map((model) => [...toRow(model), ...(isSpread ? [String(model.weight)] : [])]);
  const table = formatTable([[...head, ...(isSpread ? ["WEIGHT"] : [])], ...rows]);
  const isTiered = described.some(({ price }) => price?.isTiered);
  return isTiered ? `${table}\n+ Long inputs cost more.\n` : table;
}

function toRow(model: Described): string[] {
  const { price, contextWindow, capabilities } = model;
  const more = price?.isTiered ? "+" : "";
  return [
    model.name,
    model.tiers.join(",") || "-",
    model.provider,
    model.model,
    price ? `$${price.inputPerMillionUsd}${more}` : "?",
    price ? (price.outputPerMillionUsd === null ? "-" : `$${price.outputPerMillionUsd}${more}`) : "?",
    contextWindow === null ? "?" : contextWindow.toLocaleString("en-US"),
    capabilities.join(",") || "-",
  ];
}
