import { existsSync, readFileSync } from "node:fs";
import { dirname, join, relative, sep } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import type { AnyNode } from "acorn";
import { parseModule } from "./parse-module.ts";
import type { Problem } from "./problem.ts";

/** Turns what `import()` threw into a problem at the file and line that caused it, which may be a module further in. */
export function explainImportFailure(error: unknown, folder: string, file: string): Problem {
  const failure = error instanceof Error ? error : new Error(`${String(error)} was thrown`);
  return (
    explainMissingModule(failure, folder) ??
    explainByStack(failure, folder) ??
    (failure instanceof SyntaxError ? findSyntaxError(folder, file) : undefined) ?? {
      file,
      message: `The module cannot be loaded: ${tidy(failure.message, folder)}.`,
    }
  );
}

function explainMissingModule(error: Error, folder: string): Problem | undefined {
  const { code, url } = error as Error & { readonly code?: string; readonly url?: string };
  const importer = /imported from (.+)$/.exec(error.message)?.[1];
  if (code !== "ERR_MODULE_NOT_FOUND" || importer === undefined) return undefined;
  const path = importer.startsWith("file:") ? fileURLToPath(importer) : importer;
  const file = toProjectFile(path, folder);
  if (file === undefined) return undefined;
  const packageName = /^Cannot find package '([^']+)'/.exec(error.message)?.[1];
  const isMeant = ({ specifier }: Import): boolean =>
    packageName === undefined
      ? url !== undefined && resolveRelative(specifier, path) === withoutQuery(url)
      : specifier === packageName || specifier.startsWith(`${packageName}/`);
  const found = listImports(path).find(isMeant);
  const message =
    packageName === undefined
      ? `The module "${found?.specifier ?? tidy(error.message, folder)}" does not exist: check its path, which must end in the file's extension.`
      : `The package "${packageName}" is not installed: run "npm install ${packageName}" in the project folder.`;
  return { file, line: found?.line, message };
}

// The first line is `path:line` where Node decorated the error; else the first frame inside the project is the place.
function explainByStack(error: Error, folder: string): Problem | undefined {
  for (const text of error.stack?.split("\n") ?? []) {
    const place = /((?:file:\/\/)?(?:\/|[A-Za-z]:\\)[^?()]*)(?:\?[^:)\s]*)?:(\d+)(?::\d+)?\)?$/.exec(text);
    const path = place?.[1];
    if (path === undefined) continue;
    const file = toProjectFile(path.startsWith("file:") ? fileURLToPath(path) : path, folder);
    if (file === undefined) continue;
    const what = error instanceof SyntaxError ? "The module cannot be read" : "The module threw while loading";
    return { file, line: Number(place?.[2]), message: `${what}: ${tidy(error.message, folder)}.` };
  }
  return undefined;
}

const maxModules = 500;

// V8 keeps the place of a JavaScript syntax error to itself, so the modules are read again, from the entry on.
function findSyntaxError(folder: string, entry: string): Problem | undefined {
  const queue = [join(folder, entry)];
  for (const path of queue) {
    const file = toProjectFile(path, folder);
    if (file === undefined || !existsSync(path)) continue;
    const parsed = parseModule(readFileSync(path, "utf8"), path);
    if (!parsed.ok) return { file, line: parsed.line, message: `The module cannot be read: ${parsed.message}.` };
    for (const { specifier } of listImports(path)) {
      const imported = resolveRelative(specifier, path);
      const next = imported && fileURLToPath(imported);
      if (next && !queue.includes(next) && queue.length < maxModules) queue.push(next);
    }
  }
  return undefined;
}

interface Import {
  readonly specifier: string;
  readonly line: number | undefined;
}

function listImports(path: string): Import[] {
  if (!existsSync(path)) return [];
  const parsed = parseModule(readFileSync(path, "utf8"), path);
  if (!parsed.ok) return [];
  return parsed.program.body.flatMap((node: AnyNode) => {
    const hasSource =
      node.type === "ImportDeclaration" ||
      node.type === "ExportNamedDeclaration" ||
      node.type === "ExportAllDeclaration";
    return hasSource && node.source
      ? [{ specifier: String(node.source.value), line: node.source.loc?.start.line }]
      : [];
  });
}

function resolveRelative(specifier: string, importer: string): string | undefined {
  return specifier.startsWith(".") ? new URL(specifier, pathToFileURL(join(dirname(importer), "x"))).href : undefined;
}

function withoutQuery(url: string): string {
  return url.split("?", 1)[0]!;
}

function toProjectFile(path: string, folder: string): string | undefined {
  const file = relative(folder, path);
  return file === "" || file.startsWith("..") || file.includes("node_modules") ? undefined : file.split(sep).join("/");
}

function tidy(message: string, folder: string): string {
  return message
    .split("\n", 1)[0]!
    .replaceAll(pathToFileURL(join(folder, sep)).href, "")
    .replaceAll(join(folder, sep), "")
    .replaceAll(/\?headgate=[\d-]+/g, "")
    .replace(/\.$/, "");
}
