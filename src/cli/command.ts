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
  readonly environment: Environment;
  readonly stdin: AsyncIterable<Uint8Array | string>;
  out(text: string): void;
  error(text: string): void;
  /** Resolves at the first SIGINT or SIGTERM. */
  untilStopped(): Promise<string>;
}

export interface Command {
  readonly name: string;
  /** One line for the list of commands. */
  readonly summary: string;
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
