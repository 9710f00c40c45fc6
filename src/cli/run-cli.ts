import { parseArgs } from "node:util";
import { HeadgateError } from "../errors.ts";
import type { Command, CommandEntry, OptionValues, Terminal } from "./command.ts";
import { commandHelp, mainHelp } from "./help.ts";

const usageExitCode = 2;

/** Runs one command line and returns the exit code. Never throws: what went wrong is printed. */
export async function runCli(
  args: readonly string[],
  commands: readonly CommandEntry[],
  terminal: Terminal,
  version: string,
): Promise<number> {
  const [name, ...rest] = args;
  if (name === undefined || name === "help" || name === "--help" || name === "-h") {
    terminal.out(mainHelp(commands, version));
    return name === undefined ? usageExitCode : 0;
  }
  if (name === "--version" || name === "-v" || name === "version") {
    terminal.out(`${version}\n`);
    return 0;
  }
  const entry = commands.find((candidate) => candidate.name === name);
  if (!entry) {
    terminal.error(`There is no command "${name}". Run "headgate --help" for the list.\n`);
    return usageExitCode;
  }
  return runCommand(name, await entry.load(), rest, terminal);
}

async function runCommand(
  name: string,
  command: Command,
  args: readonly string[],
  terminal: Terminal,
): Promise<number> {
  let parsed: { values: OptionValues; positionals: string[] };
  try {
    const options = { ...command.options, help: { type: "boolean", short: "h" } } as const;
    const { values, positionals } = parseArgs({ args: [...args], options, allowPositionals: true });
    parsed = { values, positionals };
    if (parsed.positionals.length > command.positionals) {
      throw new Error(`Too many arguments: ${parsed.positionals.slice(command.positionals).join(" ")}`);
    }
  } catch (error) {
    terminal.error(`${error instanceof Error ? error.message : String(error)}\n\n${commandHelp(name, command)}`);
    return usageExitCode;
  }
  if (parsed.values["help"] === true) {
    terminal.out(commandHelp(name, command));
    return 0;
  }
  try {
    return await command.run(parsed, terminal);
  } catch (error) {
    terminal.error(describeFailure(error, parsed.values["json"] === true));
    return 1;
  }
}

function describeFailure(error: unknown, asJson: boolean): string {
  const { code, message, issues = [], cause } = HeadgateError.from(error);
  // A bug: the stack is the only thing that helps.
  const stack = code === "internal" && cause instanceof Error ? cause.stack : undefined;
  if (asJson) return `${JSON.stringify({ error: { code, message, issues, stack } })}\n`;
  const list = issues.map(({ path, message: issue }) => `  ${path || "(whole document)"}: ${issue}\n`).join("");
  return `headgate: ${message} (${code})\n${list}${stack === undefined ? "" : `${stack}\n`}`;
}
