#!/usr/bin/env node
import process from "node:process";
import { systemClock } from "../clock.ts";
import { readEnvironment } from "../config.ts";
import type { Terminal } from "./command.ts";
import { commands } from "./commands.ts";
import { runCli } from "./run-cli.ts";
import { packageVersion } from "./version.ts";

// Ctrl-C under npm or npx comes twice: from the terminal, and handed on by npm.
const sameStopMs = 500;

const terminal: Terminal = {
  cwd: process.cwd(),
  // Read where a command needs it: a mistake in it is reported like any other, and --help works regardless.
  get environment() {
    return readEnvironment();
  },
  stdin: process.stdin,
  out: (text) => void process.stdout.write(text),
  error: (text) => void process.stderr.write(text),
  untilStopped: () =>
    new Promise((resolve) => {
      const onSignal = (signal: string): void => {
        resolve(signal);
        // Then nobody listens to signals, and the next one ends the process.
        systemClock.after(sameStopMs, () => process.off("SIGINT", onSignal).off("SIGTERM", onSignal));
      };
      process.on("SIGINT", onSignal).on("SIGTERM", onSignal);
    }),
};

// The exit code is set and the process left to end by itself, so that piped output is never cut.
process.exitCode = await runCli(process.argv.slice(2), commands, terminal, packageVersion);
