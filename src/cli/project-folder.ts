import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { HeadgateError } from "../errors.ts";
import type { OptionValues, Terminal } from "./command.ts";
import { textValue } from "./command.ts";

const marks = ["headgate.config.ts", "headgate.config.js", "headgate.config.mjs", "endpoints"];

/** @throws HeadgateError `project_invalid` if the folder holds no project, before anything is created in it. */
export function findProjectFolder(values: OptionValues, terminal: Terminal): string {
  const folder = resolve(terminal.cwd, textValue(values, "project") ?? ".");
  if (marks.some((mark) => existsSync(join(folder, mark)))) return folder;
  throw new HeadgateError("project_invalid", {
    detail: `${folder} holds no project (neither headgate.config.ts nor endpoints/). Name one with --project, or create one: headgate init`,
  });
}
