import { checkProject } from "../../gateway.ts";
import type { Command } from "../command.ts";
import { jsonOption, projectOption } from "../command.ts";
import { formatProblems } from "../format-problems.ts";
import { findProjectFolder } from "../project-folder.ts";

export const check: Command = {
  usage: "[--project <folder>] [--json]",
  description:
    "Loads the project without serving it and reports every mistake at once, with file, line and what to do.",
  options: { project: projectOption, json: jsonOption },
  positionals: 0,
  run: async ({ values }, terminal) => {
    const folder = findProjectFolder(values, terminal);
    const loaded = await checkProject(folder);
    if (values["json"] === true) {
      const result = loaded.ok
        ? { ok: true, snapshot: loaded.snapshot.id, endpoints: [...loaded.snapshot.endpoints.keys()] }
        : { ok: false, problems: loaded.problems };
      terminal.out(`${JSON.stringify(result, null, 2)}\n`);
    } else if (loaded.ok) {
      terminal.out(`No mistakes. Endpoints: ${[...loaded.snapshot.endpoints.keys()].join(", ") || "none"}.\n`);
    } else {
      terminal.out(formatProblems(loaded.problems));
    }
    return loaded.ok ? 0 : 1;
  },
};
