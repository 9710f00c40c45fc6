import { existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { HeadgateError } from "../../errors.ts";
import type { Command } from "../command.ts";
import { scaffold } from "../scaffold.ts";
import { packageVersion } from "../version.ts";

export const init: Command = {
  name: "init",
  summary: "Create a project that runs.",
  usage: "[folder]",
  description:
    "Creates a project with one endpoint in the folder (default: the current one), which must be empty or new.",
  options: {},
  positionals: 1,
  run: async ({ positionals }, terminal) => {
    const folder = resolve(terminal.cwd, positionals[0] ?? ".");
    if (existsSync(folder) && readdirSync(folder).some((entry) => entry !== ".git")) {
      throw new HeadgateError("config_invalid", {
        detail: `${folder} is not empty: nothing was written. Name a new folder.`,
      });
    }
    for (const [path, text] of scaffold(toPackageName(basename(folder)), packageVersion)) {
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      writeFileSync(join(folder, path), text, { flag: "wx" });
      terminal.out(`  created ${path}\n`);
    }
    terminal.out(`\nNext:\n  headgate dev --project ${positionals[0] ?? "."}\n`);
    return 0;
  },
};

function toPackageName(folderName: string): string {
  return (
    folderName
      .toLowerCase()
      .replaceAll(/[^a-z0-9-]+/g, "-")
      .replaceAll(/^-+|-+$/g, "") || "headgate-project"
  );
}
