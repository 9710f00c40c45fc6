import { existsSync, readFileSync, readdirSync, realpathSync, statSync } from "node:fs";
import { join, sep } from "node:path";
import { describeNotBuilt, notBuilt } from "./not-built.ts";
import type { Problem } from "./problem.ts";

type Report = (problem: Problem) => void;

interface EndpointFolder {
  /** The folder's name, which is the endpoint's default name. */
  readonly name: string;
  readonly module?: string;
  readonly prompts: readonly string[];
}

/** The files of a project that Headgate reads, as paths from the project folder with forward slashes. */
export interface ProjectFiles {
  readonly config?: string;
  readonly endpoints: readonly EndpointFolder[];
  readonly partials: readonly string[];
  readonly releases?: string;
}

const configNames = ["headgate.config.ts", "headgate.config.js", "headgate.config.mjs"];
const endpointNames: ReadonlySet<string> = new Set(["endpoint.ts", "endpoint.js"]);

/** Finds the project's files and reports what stands where nothing will read it, or points out of the folder. */
export function listProjectFiles(root: string, report: Report): ProjectFiles {
  const entries = listFolder(root, "", report);
  for (const { name } of entries) {
    const message = describeNotBuilt(notBuilt.projectEntries, name);
    if (message !== undefined) report({ file: name, message });
  }
  const named = (wanted: readonly string[]): string[] =>
    entries.filter(({ name, isFolder }) => !isFolder && wanted.includes(name)).map(({ name }) => name);
  return {
    config: takeOne(named(configNames), report),
    endpoints: listEndpoints(root, report),
    partials: listPartials(root, report),
    releases: named(["releases.yaml"])[0],
  };
}

const maxFileBytes = 1024 * 1024;

/** Reads a listed file, or reports why not. */
export function readProjectFile(root: string, file: string, report: Report): string | undefined {
  try {
    const path = join(root, file);
    if (statSync(path).size <= maxFileBytes) return readFileSync(path, "utf8");
    report({ file, message: "The file is larger than 1 MiB: make it smaller." });
  } catch (error) {
    report({ file, message: `The file cannot be read: ${(error as Error).message}.` });
  }
  return undefined;
}

function listEndpoints(root: string, report: Report): EndpointFolder[] {
  return listFolder(root, "endpoints", report).flatMap(({ name, path, isFolder }) => {
    if (isFolder) return [listEndpoint(root, name, report)];
    if (/\.[jt]s$/.test(name)) {
      const folder = name.replace(/\.[jt]s$/, "");
      report({ file: path, message: `An endpoint has its own folder: move this to endpoints/${folder}/endpoint.ts.` });
    }
    return [];
  });
}

function listEndpoint(root: string, name: string, report: Report): EndpointFolder {
  const folder = `endpoints/${name}`;
  const entries = listFolder(root, folder, report);
  for (const entry of entries) {
    const message = describeNotBuilt(notBuilt.endpointEntries, entry.name);
    if (message !== undefined) report({ file: entry.path, message });
  }
  const modules = entries.filter((entry) => !entry.isFolder && endpointNames.has(entry.name));
  if (modules.length === 0) {
    report({ file: folder, message: "The endpoint's definition is missing: write endpoint.ts in this folder." });
  }
  const module = takeOne(
    modules.map(({ path }) => path),
    report,
  );
  return { name, module, prompts: listPrompts(root, `${folder}/prompts`, report) };
}

function listPrompts(root: string, folder: string, report: Report): string[] {
  return listFolder(root, folder, report).flatMap(({ name, path, isFolder }) => {
    if (!isFolder && name.endsWith(".prompt")) return [path];
    if (!isReadme(name))
      report({ file: path, message: "Only prompts stand here: name it like 1.0.0.prompt, or move it." });
    return [];
  });
}

function listPartials(root: string, report: Report): string[] {
  return listFolder(root, "partials", report).flatMap(({ name, path, isFolder }) => {
    if (!isFolder && /^_.+\.prompt$/.test(name)) return [path];
    if (!isReadme(name))
      report({ file: path, message: "Only partials stand here: name it like _house-style.prompt, or move it." });
    return [];
  });
}

function takeOne(files: readonly string[], report: Report): string | undefined {
  const [first, ...others] = files;
  for (const file of others) report({ file, message: `${first} is there too: keep one of them.` });
  return first;
}

interface FolderEntry {
  readonly name: string;
  readonly path: string;
  readonly isFolder: boolean;
}

// Hidden files belong to editors and version control. What a link leads to must lie in the project as well: a checked-out
// project may not make the server read files from elsewhere.
function listFolder(root: string, folder: string, report: Report): FolderEntry[] {
  const at = join(root, folder);
  if (!existsSync(at) || !statSync(at).isDirectory()) return [];
  return readdirSync(at)
    .filter((name) => !name.startsWith(".") && name !== "node_modules")
    .sort()
    .flatMap((name) => {
      const path = folder === "" ? name : `${folder}/${name}`;
      const target = resolveInside(root, path);
      if (target !== undefined) return [{ name, path, isFolder: statSync(target).isDirectory() }];
      // Links beside the project's own files, such as a linked asset folder, are none of our business.
      const isRead = folder !== "" || [...configNames, "endpoints", "partials", "releases.yaml"].includes(name);
      if (isRead)
        report({
          file: path,
          message: "This link leads out of the project folder or nowhere: replace it by the file itself.",
        });
      return [];
    });
}

function resolveInside(root: string, path: string): string | undefined {
  try {
    const target = realpathSync(join(root, path));
    return target.startsWith(join(root, sep)) ? target : undefined;
  } catch {
    return undefined;
  }
}

function isReadme(name: string): boolean {
  return /^readme(\.\w+)?$/i.test(name);
}
