import { HeadgateError } from "../../errors.ts";
import type { Command } from "../command.ts";
import { jsonOption, projectOption } from "../command.ts";
import { formatTable } from "../format-table.ts";
import { withRouting, type RoutingDesk, type RuleSetList } from "../open-routing.ts";

export const routes: Command = {
  usage: "list | use <version> | rollback",
  description:
    "Lists the project's rule sets, puts another one in force, or goes back to the one before, through the running server if there is one. A switch reaches every server of the project within a second.",
  options: { project: projectOption, json: jsonOption },
  positionals: 2,
  run: ({ values, positionals }, terminal) =>
    withRouting(values, terminal, async (desk) => {
      const list = await act(desk, positionals);
      terminal.out(values["json"] === true ? `${JSON.stringify(list, null, 2)}\n` : format(list));
      return 0;
    }),
};

function act(desk: RoutingDesk, [action, version]: readonly string[]): Promise<RuleSetList> {
  if (action === "list") return desk.list();
  if (action === "use" && version !== undefined) return desk.use(version);
  if (action === "rollback") return desk.rollback();
  throw new HeadgateError("request_invalid", { detail: "Say what to do: routes list | use <version> | rollback" });
}

function format({ inForce, declared, previous, sets }: RuleSetList): string {
  const rows = sets.map(({ version, rules, otherwise }) => {
    const marks = [
      ...(version === inForce ? ["in force"] : []),
      ...(version === declared ? ["declared"] : []),
      ...(version === previous ? ["before"] : []),
    ];
    return [version, String(rules.length), otherwise, marks.join(", ") || "-"];
  });
  return formatTable([["VERSION", "RULES", "OTHERWISE", "STATE"], ...rows]);
}
