import type { Command, CommandEntry, OptionSpec } from "./command.ts";

const helpOption: OptionSpec = { type: "boolean", short: "h", description: "Print this help." };

export function mainHelp(commands: readonly CommandEntry[], version: string): string {
  const width = Math.max(...commands.map(({ name }) => name.length));
  const list = commands.map(({ name, summary }) => `  ${name.padEnd(width)}  ${summary}`).join("\n");
  return `headgate ${version}: turns LLM features into dependable APIs

Usage: headgate <command> [options]

Commands:
${list}

Run "headgate <command> --help" for a command's options.
Exit codes: 0 done, 1 failed, 2 wrong usage.
`;
}

export function commandHelp(name: string, command: Command): string {
  const options = Object.entries({ ...command.options, help: helpOption }).map(([option, spec]) => ({
    flags: `${spec.short ? `-${spec.short}, ` : "    "}--${option}${spec.value ? ` ${spec.value}` : ""}`,
    description: spec.description,
  }));
  const width = Math.max(...options.map(({ flags }) => flags.length));
  const list = options.map(({ flags, description }) => `  ${flags.padEnd(width)}  ${description}`).join("\n");
  return `Usage: headgate ${name} ${command.usage}\n\n${command.description}\n\nOptions:\n${list}\n`;
}
