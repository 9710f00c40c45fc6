import { existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { HeadgateError } from "../../errors.ts";
import type { Command } from "../command.ts";
import { jsonOption } from "../command.ts";
import { scaffold } from "../scaffold.ts";
import { packageVersion } from "../version.ts";

export const init: Command = {
  usage: "[folder] [--json]",
  description:
    "Creates a project with one endpoint in the folder (default: the current one), which must be empty or new.",
  options: { json: jsonOption },
  positionals: 1,
  run: async ({ values, positionals }, terminal) => {
    const folder = resolve(terminal.cwd, positionals[0] ?? ".");
    if (existsSync(folder) && readdirSync(folder).some((entry) => entry !== ".git")) {
      throw new HeadgateError("config_invalid", {
        detail: `${folder} is not empty: nothing was written. Name a new folder.`,
      });
    }
    const files = scaffold(toPackageName(basename(folder)), packageVersion);
    for (const [path, text] of files) {
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      writeFileSync(join(folder, path), text, { flag: "wx" });
    }
    const created = [...files.keys()];
    if (values["json"] === true) terminal.out(`${JSON.stringify({ folder, created }, null, 2)}\n`);
    else terminal.out(describe(created, positionals[0]));
    return 0;
  },
};

function describe(created: readonly string[], folderName: string | undefined): string {
  const goThere = folderName === undefined ? "" : `  cd ${folderName}\n`;
  return `${created.map((path) => `  created ${path}\n`).join("")}
Next:
${goThere}  npm install
  npm run dev

It also runs at once, without npm install: headgate dev --project ${folderName ?? "."}
`;
}

function toPackageName(folderName: string): string {
  return (
    folderName
      .toLowerCase()
      .replaceAll(/[^a-z0-9-]+/g, "-")
      .replaceAll(/^-+|-+$/g, "") || "headgate-project"
  );
}
