import { existsSync } from "node:fs";
import { access, constants } from "node:fs/promises";
import { totalmem } from "node:os";
import { HeadgateError } from "../../errors.ts";
import { checkProject, findMissingKeys } from "../../gateway.ts";
import { isRecord } from "../../json.ts";
import { findHostedProvider } from "../../providers/pick-provider.ts";
import type { Command, Terminal } from "../command.ts";
import { jsonOption, projectOption } from "../command.ts";
import { withAdminClient } from "../admin-client.ts";
import { toDataFolder } from "../data-folder.ts";
import { examineRetries } from "../examine-retries.ts";
import { findServer } from "../find-server.ts";
import { formatProblems } from "../format-problems.ts";
import { formatRetries } from "../format-retries.ts";
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
  usage: "[--retries] [--project <folder>] [--json]",
  description:
    "Checks what serving the project needs and says what to do about each thing that is amiss. Makes nothing that is absent; a store that exists is opened, which brings its tables up to date.",
  options: {
    retries: {
      type: "boolean",
      description:
        "Print instead what a failed model call leads to, which models and deployments stand by, and their breakers in the running server.",
    },
    project: projectOption,
    json: jsonOption,
  },
  positionals: 0,
  run: async ({ values }, terminal) => {
    const folder = findProjectFolder(values, terminal);
    if (values["retries"] === true) return printRetries(folder, values["json"] === true, terminal);
    const checks: Readonly<Record<string, () => Promise<string>>> = {
      "Node version": async () => checkNode(),
      memory: async () => checkMemory(),
      "data folder": () => checkDataFolder(folder),
      project: () => examineProject(folder),
      provider: () => checkProvider(folder, terminal),
      store: () => checkStore(folder, terminal),
      server: () => checkServer(folder),
    };
    const findings: Finding[] = [];
    for (const [name, check] of Object.entries(checks)) findings.push(await examine(name, check));
    const ok = findings.every((finding) => finding.ok);
    if (values["json"] === true) terminal.out(toJson({ ok, findings }));
    else
      for (const finding of findings)
        terminal.out(`${finding.ok ? "ok  " : "FAIL"}  ${finding.name}: ${finding.detail}\n`);
    return ok ? 0 : 1;
  },
};

async function printRetries(folder: string, asJson: boolean, terminal: Terminal): Promise<number> {
  const examined = await examineRetries(folder);
  if (examined.ok) terminal.out(asJson ? toJson(examined.report) : formatRetries(examined.report));
  else terminal.out(asJson ? toJson(examined) : formatProblems(examined.problems));
  return examined.ok ? 0 : 1;
}

function toJson(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}

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
      detail: `The project's providers or alerts need environment variables that are not set: ${missing.join(", ")}.`,
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

async function checkServer(folder: string): Promise<string> {
  const server = await findServer(toDataFolder(folder));
  if (!server) return "none is running";
  const status = await withAdminClient(server, (client) => client({ method: "GET", path: "/admin/v1/status" }));
  const serves = isRecord(status) ? String(status["snapshotId"]) : "";
  const answers = `answers on ${server.url}, snapshot ${serves}`;
  if (isRecord(status) && status["draining"] === true) return `${answers}; it is shutting down`;
  const loaded = await checkProject(folder);
  // Without a declared provider the server's snapshot has the picked one in it.
  if (!loaded.ok || loaded.snapshot.providers.size === 0 || loaded.snapshot.id === serves) return answers;
  return `${answers}; the folder's is ${loaded.snapshot.id}: restart the server to serve that`;
}
