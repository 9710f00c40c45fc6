import { systemClock } from "../../clock.ts";
import { HeadgateError } from "../../errors.ts";
import type { Command } from "../command.ts";
import { jsonOption, projectOption, textValue } from "../command.ts";
import { formatReplay } from "../format-replay.ts";
import { withRouting } from "../open-routing.ts";
import { parseAge } from "../parse-age.ts";

const defaultSince = "7d";

export const replay: Command = {
  usage: "--route <version> [--since <age>]",
  description:
    "Tries a rule set on recorded calls and shows what would have been different: tiers, cost, latency. Calls no model.",
  options: {
    route: { type: "string", value: "<version>", description: "The rule set to try: one that the project declares." },
    since: {
      type: "string",
      value: "<age>",
      description: `How far back to look, such as 12h or 30d. Default: ${defaultSince}.`,
    },
    project: projectOption,
    json: jsonOption,
  },
  positionals: 0,
  run: ({ values }, terminal) => {
    const version = textValue(values, "route");
    if (!version) throw new HeadgateError("request_invalid", { detail: "Name the rule set: --route <version>" });
    const sinceMs = systemClock.now() - parseAge(textValue(values, "since") ?? defaultSince, "--since");
    return withRouting(values, terminal, async (desk) => {
      const replayed = await desk.replay(version, sinceMs);
      terminal.out(values["json"] === true ? `${JSON.stringify(replayed, null, 2)}\n` : formatReplay(replayed));
      return 0;
    });
  },
};
