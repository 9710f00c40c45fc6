import { createPropertyLocator } from "./locate-property.ts";
import type { PropertyPath } from "./locate-property.ts";
import type { Problem } from "./problem.ts";

/** The file or object that a definition was written in: turns a path inside it into a problem at its line. */
export interface DefinitionSource {
  readonly file: string;
  report(path: PropertyPath, message: string): void;
  /** The same source, seen from a property of it. */
  at(path: PropertyPath): DefinitionSource;
}

/** @param text the module's source; absent for a definition that came as an object, which has no lines */
export function createDefinitionSource(
  file: string,
  text: string | undefined,
  report: (problem: Problem) => void,
): DefinitionSource {
  const locate = text === undefined ? () => undefined : createPropertyLocator(text, file);
  const create = (base: PropertyPath): DefinitionSource => ({
    file,
    report: (path, message) => {
      const full = [...base, ...path];
      report({ file, line: locate(full), message: full.length === 0 ? message : `${formatPath(full)}: ${message}` });
    },
    at: (path) => create([...base, ...path]),
  });
  return create([]);
}

/** As one would write it in code: `route.rules[0].use`, `prompts["1.0.0"]`. */
function formatPath(path: PropertyPath): string {
  return path
    .map((step, index) => {
      if (typeof step === "number") return `[${step}]`;
      if (!/^[A-Za-z_$][\w$]*$/.test(step)) return `[${JSON.stringify(step)}]`;
      return index === 0 ? step : `.${step}`;
    })
    .join("");
}
