import { registerHooks } from "node:module";
import type { ResolveFnOutput, ResolveHookContext } from "node:module";
import { extname, join, sep } from "node:path";
import { pathToFileURL } from "node:url";

type NextResolve = (specifier: string, context?: Partial<ResolveHookContext>) => ResolveFnOutput;

/** What the project's own modules carry in their URL, so that the next load does not get the cached ones. */
const marker = "headgate";
const folders: string[] = [];
let generation = 0;
let isHooked = false;

/** Imports modules of one project folder: each importer evaluates them, and all they import from the folder, anew. */
export function createFreshImporter(folder: string): (file: string) => Promise<Readonly<Record<string, unknown>>> {
  if (!isHooked) registerHooks({ resolve: resolveForProject });
  isHooked = true;
  const folderUrl = pathToFileURL(join(folder, sep)).href;
  if (!folders.includes(folderUrl)) folders.push(folderUrl);
  const mark = `${folders.indexOf(folderUrl)}-${++generation}`;
  return (file) => import(withMark(pathToFileURL(join(folder, file)).href, mark)) as Promise<Record<string, unknown>>;
}

// The folder and the generation travel in the importer's own URL: two loads at the same time do not mix.
function resolveForProject(specifier: string, context: ResolveHookContext, next: NextResolve): ResolveFnOutput {
  const entryMark = markOf(specifier);
  const mark = entryMark ?? markOf(context.parentURL);
  if (mark === undefined) return next(specifier, context);
  const resolved = entryMark === undefined ? resolveImport(specifier, context, next) : next(specifier, context);
  const folderUrl = folders[Number.parseInt(mark, 10)];
  const isOwn =
    folderUrl !== undefined && resolved.url.startsWith(folderUrl) && !resolved.url.includes("/node_modules/");
  if (!isOwn) return resolved;
  const url = entryMark === undefined ? withMark(resolved.url, mark) : resolved.url;
  return { ...resolved, url, format: formatOf(url, entryMark !== undefined) ?? resolved.format };
}

/** Modules that every project may import without installing anything. */
const ownModules: Readonly<Record<string, string>> = {
  headgate: "index",
  "headgate/client": "contract/client",
  "headgate/testing": "testing/index",
};

function resolveImport(specifier: string, context: ResolveHookContext, next: NextResolve): ResolveFnOutput {
  if (Object.hasOwn(ownModules, specifier)) {
    // The running copy, also when the project has its own; `.ts` in the repository, `.js` in the published package.
    const path = `../${ownModules[specifier]}${extname(import.meta.url)}`;
    return { ...next(new URL(path, import.meta.url).href, context), shortCircuit: true };
  }
  try {
    return next(specifier, context);
  } catch (error) {
    if (specifier !== "zod" && !specifier.startsWith("zod/")) throw error;
    return next(specifier, { ...context, parentURL: import.meta.url });
  }
}

// Without this, a folder with no package.json, or one made by `npm init`, would make Node read these files as CommonJS.
function formatOf(url: string, isEntry: boolean): string | undefined {
  const { pathname } = new URL(url);
  if (pathname.endsWith(".ts")) return "module-typescript";
  return isEntry && pathname.endsWith(".js") ? "module" : undefined;
}

function withMark(url: string, mark: string): string {
  const marked = new URL(url);
  marked.searchParams.set(marker, mark);
  return marked.href;
}

function markOf(url: string | undefined): string | undefined {
  if (!url?.startsWith("file:") || !url.includes(`${marker}=`)) return undefined;
  return new URL(url).searchParams.get(marker) ?? undefined;
}
