import type { ParseArgsOptionDescriptor } from "node:util";
import type { Environment } from "../config.ts";

export interface OptionSpec extends ParseArgsOptionDescriptor {
  readonly description: string;
  /** Shown in the help, such as `<folder>`. */
  readonly value?: string;
}

export type OptionValues = Readonly<Record<string, string | boolean | undefined>>;

export interface CommandInput {
  readonly values: OptionValues;
  readonly positionals: readonly string[];
}

/** Where a command reads and writes, so that tests can hand it their own. */
export interface Terminal {
  readonly cwd: string;
  /** @throws HeadgateError `config_invalid` when it is read */
  readonly environment: Environment;
  readonly stdin: AsyncIterable<Uint8Array | string>;
  out(text: string): void;
  error(text: string): void;
  /** Resolves at the first SIGINT or SIGTERM. */
  untilStopped(): Promise<string>;
}

/** What the list of commands says of one. */
export interface CommandEntry {
  readonly name: string;
  readonly summary: string;
  readonly load: () => Promise<Command>;
}

export interface Command {
  /** What follows `headgate <name>`. */
  readonly usage: string;
  readonly description: string;
  readonly options: Readonly<Record<string, OptionSpec>>;
  /** Most positional arguments it takes. */
  readonly positionals: number;
  /** Returns the exit code: 0 done, 1 failed. */
  run(input: CommandInput, terminal: Terminal): Promise<number>;
}

export const projectOption: OptionSpec = {
  type: "string",
  short: "p",
  value: "<folder>",
  description: "The project folder. Default: the current folder.",
};

export const jsonOption: OptionSpec = { type: "boolean", description: "Print JSON instead of text." };

export function textValue(values: OptionValues, name: string): string | undefined {
  const value = values[name];
  return typeof value === "string" ? value : undefined;
}
