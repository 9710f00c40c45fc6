import { existsSync, realpathSync, statSync } from "node:fs";
import { basename, resolve } from "node:path";
import { systemClock } from "../clock.ts";
import type { Clock } from "../clock.ts";
import { checkAddresses, checkReleases, checkTargets } from "./check-references.ts";
import { createSnapshot } from "./create-snapshot.ts";
import type { ConfigDefinition } from "./define-config.ts";
import { createDefinitionSource } from "./definition-source.ts";
import type { DefinitionSource } from "./definition-source.ts";
import { explainImportFailure } from "./explain-import-failure.ts";
import { createFreshImporter } from "./import-fresh.ts";
import { emptyConfig, loadConfig } from "./load-config.ts";
import type { LoadedConfig } from "./load-config.ts";
import { loadEndpoint } from "./load-endpoint.ts";
import type { EndpointDraft, EndpointSources } from "./load-endpoint.ts";
import type { LoadPrompt, PromptFile } from "./load-prompts.ts";
import { sortProblems } from "./problem.ts";
import type { Problem } from "./problem.ts";
import { listProjectFiles, readProjectFile } from "./project-files.ts";
import type { ProjectFiles } from "./project-files.ts";
import { readReleases } from "./read-releases.ts";
import type { ReleaseEntry } from "./read-releases.ts";
import type { Snapshot } from "./snapshot.ts";

export interface LoadOptions {
  /** The project folder. @default the config's `project`; without either, only what the config holds is loaded */
  readonly folder?: string;
  /**
   * A config given in code. Its `providers`, `models` and `tiers` stand for those of `headgate.config.ts`, which is read if
   * it gives none of them. Endpoints that the folder has too are the folder's: in code they only carry the types.
   */
  readonly config?: ConfigDefinition;
}

export interface LoadDependencies {
  readonly loadPrompt: LoadPrompt;
  /** Times out modules that never finish loading. @default the system's */
  readonly clock?: Pick<Clock, "after">;
}

export type LoadResult =
  | {
      readonly ok: true;
      readonly snapshot: Snapshot;
      /** What was read of the folder, relative to it. */
      readonly files: readonly string[];
    }
  | { readonly ok: false; readonly problems: readonly Problem[] };

/**
 * Reads a project into a snapshot, or says every mistake at once. Modules are evaluated anew by each load. Never throws
 * for what a user can put right.
 */
export async function loadProject(options: LoadOptions, dependencies: LoadDependencies): Promise<LoadResult> {
  const problems: Problem[] = [];
  const report = (problem: Problem): void => void problems.push(problem);
  const folder = options.folder ?? options.config?.project;
  const project = folder === undefined ? undefined : openFolder(folder, report, dependencies);
  const config = await readConfig(options.config, project, report);
  const drafts: EndpointDraft[] = [];
  const inline = listInlineEndpoints(config, project);
  for (const sources of [...inline, ...(await readEndpoints(project, report))]) {
    drafts.push(await loadEndpoint(sources, { loadPrompt: dependencies.loadPrompt, report }));
  }
  const releases = readReleaseTable(project, drafts, report);
  const { targets } = config.loaded;
  if (targets) for (const draft of drafts) checkTargets(draft, targets);
  checkAddresses(drafts);
  if (problems.length > 0) return { ok: false, problems: sortProblems(problems) };
  return { ok: true, snapshot: createSnapshot(config.loaded, drafts, releases), files: project?.read.toSorted() ?? [] };
}

type Report = (problem: Problem) => void;

/** An open project folder; remembers what was read of it. */
interface Project {
  readonly files: ProjectFiles;
  readonly read: string[];
  readonly partials: ReadonlyMap<string, string>;
  readText(file: string): string | undefined;
  /** The default export and the source of a module; absent if it was reported. */
  importDefault(file: string): Promise<{ readonly value: unknown; readonly source: DefinitionSource } | undefined>;
}

interface ReadConfig {
  readonly loaded: LoadedConfig;
  readonly source: DefinitionSource;
}

function openFolder(folder: string, report: Report, { clock = systemClock }: LoadDependencies): Project | undefined {
  const path = resolve(folder);
  if (!existsSync(path) || !statSync(path).isDirectory()) {
    report({ file: ".", message: `There is no project folder ${path}: name one that exists.` });
    return undefined;
  }
  // Modules are named by their real path, so the folder has to be as well.
  const root = realpathSync(path);
  const files = listProjectFiles(root, report);
  if (files.config === undefined && files.endpoints.length === 0) {
    report({
      file: ".",
      message: 'This is no Headgate project: write endpoints/<name>/endpoint.ts, or run "headgate init".',
    });
  }
  const importFresh = createFreshImporter(root);
  const read: string[] = [];
  const readText = (file: string): string | undefined => {
    read.push(file);
    return readProjectFile(root, file, report);
  };
  return {
    files,
    read,
    readText,
    partials: readPartials(files, readText),
    importDefault: async (file) => {
      const text = readText(file);
      if (text === undefined) return undefined;
      const source = createDefinitionSource(file, text, report);
      try {
        const module = await withDeadline(importFresh(file), clock);
        if ("default" in module) return { value: module["default"], source };
        report({ file, message: `Nothing is exported: write export default ${exampleOf(file)}.` });
      } catch (error) {
        report(explainImportFailure(error, root, file));
      }
      return undefined;
    },
  };
}

function readPartials(files: ProjectFiles, readText: Project["readText"]): ReadonlyMap<string, string> {
  return new Map(files.partials.map((file) => [basename(file, ".prompt").slice(1), readText(file) ?? ""]));
}

async function readConfig(
  given: ConfigDefinition | undefined,
  project: Project | undefined,
  report: Report,
): Promise<ReadConfig> {
  if (given === undefined) return readConfigFile(project, report);
  const source = createDefinitionSource("config", undefined, report);
  const loaded = loadConfig(given, source, { isFile: false });
  const ownEndpoints = new Set(project?.files.endpoints.map(({ name }) => name));
  const endpoints = new Map([...loaded.endpoints].filter(([name]) => !ownEndpoints.has(name)));
  if ((given.providers ?? given.models ?? given.tiers) !== undefined)
    return { loaded: { ...loaded, endpoints }, source };
  const file = await readConfigFile(project, report);
  return {
    loaded: {
      ...file.loaded,
      ...(given.resilience === undefined ? {} : { resilience: loaded.resilience }),
      ...(given.responses === undefined ? {} : { responseRetentionDays: loaded.responseRetentionDays }),
      endpoints: new Map([...file.loaded.endpoints, ...endpoints]),
    },
    source,
  };
}

async function readConfigFile(project: Project | undefined, report: Report): Promise<ReadConfig> {
  const file = project?.files.config;
  const source = createDefinitionSource(file ?? "headgate.config.ts", undefined, report);
  if (file === undefined) return { loaded: emptyConfig, source };
  const module = await project?.importDefault(file);
  // What a config that cannot be read declares is not known, so nobody is told off for naming it.
  if (!module) return { loaded: { ...emptyConfig, targets: undefined }, source };
  return { loaded: loadConfig(module.value, module.source, { isFile: true }), source: module.source };
}

function listInlineEndpoints({ loaded, source }: ReadConfig, project: Project | undefined): EndpointSources[] {
  return [...loaded.endpoints].map(([name, definition]) => ({
    definition: { value: definition },
    source: source.at(["endpoints", name]),
    defaultName: name,
    promptFiles: [],
    partials: project?.partials ?? new Map<string, string>(),
  }));
}

async function readEndpoints(project: Project | undefined, report: Report): Promise<EndpointSources[]> {
  const found: EndpointSources[] = [];
  for (const { name, module: file, prompts } of project?.files.endpoints ?? []) {
    if (!project || file === undefined) continue;
    const module = await project.importDefault(file);
    const promptFiles = prompts.flatMap((prompt): PromptFile[] => {
      const text = project.readText(prompt);
      return text === undefined ? [] : [{ file: prompt, text }];
    });
    found.push({
      definition: module,
      source: module?.source ?? createDefinitionSource(file, undefined, report),
      defaultName: name,
      promptFiles,
      partials: project.partials,
    });
  }
  return found;
}

function readReleaseTable(
  project: Project | undefined,
  drafts: readonly EndpointDraft[],
  report: Report,
): ReadonlyMap<string, ReleaseEntry> {
  const file = project?.files.releases;
  const text = file === undefined ? undefined : project?.readText(file);
  if (file === undefined || text === undefined) return new Map();
  const releases = readReleases(text, file, report);
  checkReleases(releases, drafts, (problem) => report({ file, ...problem }));
  return releases;
}

function exampleOf(file: string): string {
  return file.startsWith("endpoints/") ? "defineEndpoint({ ... })" : "defineConfig({ ... })";
}

const importTimeoutMs = 30_000;

// A module may wait at its top level for something that never comes.
async function withDeadline<T>(loading: Promise<T>, clock: Pick<Clock, "after">): Promise<T> {
  let cancel: (() => void) | undefined;
  const expired = new Promise<never>((_resolve, reject) => {
    cancel = clock.after(importTimeoutMs, () => {
      reject(new Error(`it has not finished after ${importTimeoutMs / 1000} s`));
    });
  });
  try {
    return await Promise.race([loading, expired]);
  } finally {
    cancel?.();
  }
}
