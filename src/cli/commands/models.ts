import { checkProject, describeProjectModels } from "../../gateway.ts";
import type { Command } from "../command.ts";
import { jsonOption, projectOption } from "../command.ts";
import { formatProblems } from "../format-problems.ts";
import { formatTable } from "../format-table.ts";
import { listTokenEstimates, type TokenEstimate } from "../list-token-estimates.ts";
import { findProjectFolder } from "../project-folder.ts";

type Described = Awaited<ReturnType<typeof describeProjectModels>>[number];

export const models: Command = {
  usage: "[--estimates] [--project <folder>] [--json]",
  description:
    "Lists the models that the project declares, each at every place where it runs: tiers, prices in US dollars for a million tokens, context window, capabilities. Asks neither a server nor a provider; an unknown price is shown as ?.",
  options: {
    estimates: {
      type: "boolean",
      description: "Print instead how near the running server's estimates of input tokens come.",
    },
    project: projectOption,
    json: jsonOption,
  },
  positionals: 0,
  run: async ({ values }, terminal) => {
    const folder = findProjectFolder(values, terminal);
    if (values["estimates"] === true) {
      const estimates = await listTokenEstimates(folder);
      terminal.out(values["json"] === true ? `${JSON.stringify(estimates, null, 2)}\n` : formatEstimates(estimates));
      return 0;
    }
    const loaded = await checkProject(folder);
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

function formatEstimates(estimates: readonly TokenEstimate[]): string {
  if (estimates.length === 0) return "No model has told how many tokens it was sent since the server started.\n";
  const head = ["PROVIDER", "MODEL", "CALLS", "RATIO", "ERROR", "CALIBRATED"];
  const rows = estimates.map(({ provider, model, calls, ratio, errorPercent: { plain, calibrated } }) => {
    return [provider, model, String(calls), String(ratio), `${plain}%`, `${calibrated}%`];
  });
  return formatTable([head, ...rows]);
}
