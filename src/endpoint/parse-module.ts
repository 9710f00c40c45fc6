import { stripTypeScriptTypes } from "node:module";
import { parse } from "acorn";
import type { Program } from "acorn";

export type ParsedModule =
  | { readonly ok: true; readonly program: Program }
  | { readonly ok: false; readonly line?: number; readonly message: string };

/** The syntax tree of a user's module. Lines are those of the file: types are blanked out, not cut out. */
export function parseModule(source: string, fileName: string): ParsedModule {
  try {
    const text = fileName.endsWith("ts") ? stripTypes(source) : source;
    const program = parse(text, { ecmaVersion: "latest", sourceType: "module", locations: true });
    return { ok: true, program };
  } catch (error) {
    const { message, loc, stack } = error as SyntaxError & { readonly loc?: { readonly line: number } };
    // Node's type stripper says the line only in the first line of its stack, as `path:line`.
    const line = loc?.line ?? Number(/^.*?:(\d+)$/m.exec(stack?.split("\n", 1)[0] ?? "")?.[1]);
    return { ok: false, line: Number.isNaN(line) ? undefined : line, message: message.replace(/ \(\d+:\d+\)$/, "") };
  }
}

// `stripTypeScriptTypes` warns that it is experimental, although running the same file does not; users can do nothing about it.
function stripTypes(source: string): string {
  const descriptor = Object.getOwnPropertyDescriptor(process, "emitWarning");
  process.emitWarning = () => {};
  try {
    return stripTypeScriptTypes(source);
  } finally {
    if (descriptor) Object.defineProperty(process, "emitWarning", descriptor);
  }
}
