#!/usr/bin/env node
import process from "node:process";
import { readEnvironment } from "../config.ts";
import type { Terminal } from "./command.ts";
import { call } from "./commands/call.ts";
import { check } from "./commands/check.ts";
import { dev } from "./commands/dev.ts";
import { doctor } from "./commands/doctor.ts";
import { init } from "./commands/init.ts";
import { keys } from "./commands/keys.ts";
import { serve } from "./commands/serve.ts";
import { runCli } from "./run-cli.ts";
import { packageVersion } from "./version.ts";

const terminal: Terminal = {
  cwd: process.cwd(),
  environment: readEnvironment(),
  stdin: process.stdin,
  out: (text) => void process.stdout.write(text),
  error: (text) => void process.stderr.write(text),
  untilStopped: () =>
    new Promise((resolve) => {
      process.once("SIGINT", () => resolve("SIGINT"));
      process.once("SIGTERM", () => resolve("SIGTERM"));
    }),
};

// The exit code is set and the process left to end by itself, so that piped output is never cut.
process.exitCode = await runCli(
  process.argv.slice(2),
  [init, dev, serve, call, check, keys, doctor],
  terminal,
  packageVersion,
);
