import { existsSync } from "node:fs";
import { access, constants } from "node:fs/promises";
import { totalmem } from "node:os";
import { HeadgateError } from "../../errors.ts";
import { checkProject, findMissingKeys } from "../../gateway.ts";
import { findHostedProvider } from "../../providers/pick-provider.ts";
import type { Command, Terminal } from "../command.ts";
import { jsonOption, projectOption } from "../command.ts";
import { toDataFolder } from "../data-folder.ts";
import { findServer } from "../find-server.ts";
import { findProjectFolder } from "../project-folder.ts";
import { withProjectStore } from "../project-store.ts";

interface Finding {
  readonly name: string;
  readonly ok: boolean;
  readonly detail: string;
}

const leastNodeMajor = 24;
const leastMemoryBytes = 1024 ** 3;
const notYet = "is not there yet: it is made at the first start";

export const doctor: Command = {
  usage: "[--project <folder>] [--json]",
  description:
    "Checks what serving the project needs and says what to do about each thing that is amiss. Makes nothing that is absent; a store that exists is opened, which brings its tables up to date.",
  options: { project: projectOption, json: jsonOption },
  positionals: 0,
  run: async ({ values }, terminal) => {
    const folder = findProjectFolder(values, terminal);
    const checks: Readonly<Record<string, () => Promise<string>>> = {
      "Node version": async () => checkNode(),
      memory: async () => checkMemory(),
      "data folder": () => checkDataFolder(folder),
      project: () => examineProject(folder),
      provider: () => checkProvider(folder, terminal),
      store: () => checkStore(folder, terminal),
    };
    const findings: Finding[] = [];
    for (const [name, check] of Object.entries(checks)) findings.push(await examine(name, check));
    const ok = findings.every((finding) => finding.ok);
    if (values["json"] === true) terminal.out(`${JSON.stringify({ ok, findings }, null, 2)}\n`);
    else
      for (const finding of findings)
        terminal.out(`${finding.ok ? "ok  " : "FAIL"}  ${finding.name}: ${finding.detail}\n`);
    return ok ? 0 : 1;
  },
};

async function examine(name: string, check: () => Promise<string>): Promise<Finding> {
  try {
    return { name, ok: true, detail: await check() };
  } catch (error) {
    const { code, message } = HeadgateError.from(error);
    return { name, ok: false, detail: `${message} (${code})` };
  }
}

function checkNode(): string {
  const major = Number(process.versions.node.split(".")[0]);
  if (major >= leastNodeMajor) return process.version;
  throw new HeadgateError("config_invalid", {
    detail: `${process.version} is too old: install Node ${leastNodeMajor} or newer.`,
  });
}

function checkMemory(): string {
  const gigabytes = (totalmem() / 1024 ** 3).toFixed(1);
  if (totalmem() >= leastMemoryBytes) return `${gigabytes} GB`;
  throw new HeadgateError("config_invalid", {
    detail: `${gigabytes} GB is little: the embedded store alone takes about 0.5 GB.`,
  });
}

async function checkDataFolder(folder: string): Promise<string> {
  const dataFolder = toDataFolder(folder);
  const isMade = existsSync(dataFolder);
  await access(isMade ? dataFolder : folder, constants.W_OK | constants.R_OK);
  return isMade ? `${dataFolder} is writable` : `${dataFolder} ${notYet}`;
}

async function examineProject(folder: string): Promise<string> {
  const loaded = await checkProject(folder);
  if (loaded.ok) return `${loaded.snapshot.endpoints.size} endpoints, snapshot ${loaded.snapshot.id}`;
  throw new HeadgateError("project_invalid", { detail: `${loaded.problems.length} mistakes: run headgate check.` });
}

async function checkProvider(folder: string, { environment }: Terminal): Promise<string> {
  const loaded = await checkProject(folder);
  if (!loaded.ok || loaded.snapshot.providers.size === 0) {
    return (
      findHostedProvider(environment)?.why ?? "none declared: headgate dev will pick one, headgate serve needs one"
    );
  }
  const missing = findMissingKeys(loaded.snapshot, environment);
  if (missing.length > 0) {
    throw new HeadgateError("config_invalid", {
      detail: `The project's providers need environment variables that are not set: ${missing.join(", ")}.`,
    });
  }
  return `declared: ${[...loaded.snapshot.providers.keys()].join(", ")}`;
}

async function checkStore(folder: string, { environment }: Terminal): Promise<string> {
  const dataFolder = toDataFolder(folder);
  const server = await findServer(dataFolder);
  if (server) return `open in the server on ${server.url} (process ${server.pid})`;
  if (environment.databaseUrl === undefined && !existsSync(dataFolder)) return `the embedded one ${notYet}`;
  return withProjectStore(dataFolder, environment, async (store) => {
    await store.ping();
    return `${store.kind}, ${await store.countRecords()} records`;
  });
}
