import { basename } from "node:path";
import type { JsonSchema } from "../json.ts";
import type { DefinitionSource } from "./definition-source.ts";
import type { Problem } from "./problem.ts";
import type { LoadedPrompt } from "./snapshot.ts";

interface PromptSource {
  /** `{version}.prompt`, without a folder. */
  readonly fileName: string;
  readonly text: string;
  /** By name, as templates call them: `_house-style.prompt` is `house-style`. */
  readonly partials: ReadonlyMap<string, string>;
  /** What the template's variables are checked against; absent if it is not known. */
  readonly inputSchema?: JsonSchema;
}

/** Compiles one prompt. Handed in, because prompts are the pipeline's and `endpoint/` imports nothing of it. */
export type LoadPrompt = (
  source: PromptSource,
) =>
  | { readonly ok: true; readonly prompt: LoadedPrompt }
  | { readonly ok: false; readonly problems: readonly { readonly line?: number; readonly message: string }[] };

export interface PromptFile {
  readonly file: string;
  readonly text: string;
}

export interface PromptDraft {
  readonly version: string;
  /** Absent if the prompt has mistakes. */
  readonly prompt?: LoadedPrompt;
  /** Reports a mistake about the prompt's `model`. */
  readonly reportModel: (message: string) => void;
}

export interface PromptContext {
  readonly files: readonly PromptFile[];
  /** Prompts in code, by version. */
  readonly inline: Readonly<Record<string, string>>;
  readonly partials: ReadonlyMap<string, string>;
  readonly inputSchema?: JsonSchema;
  readonly source: DefinitionSource;
  readonly report: (problem: Problem) => void;
  readonly loadPrompt: LoadPrompt;
}

/** Loads every prompt version of an endpoint, from files and from its definition. */
export function loadPrompts(context: PromptContext): ReadonlyMap<string, PromptDraft> {
  const { files, inline, source, report } = context;
  const drafts = new Map<string, PromptDraft>();
  for (const { file, text } of files) {
    const version = basename(file, ".prompt");
    drafts.set(
      version,
      draftPrompt(version, text, context, (line, message) => report({ file, line, message })),
    );
  }
  for (const [version, text] of Object.entries(inline)) {
    const reportInline = (line: number | undefined, message: string): void =>
      source.report(["prompts", version], line === undefined ? message : `Line ${line} of the prompt: ${message}`);
    if (drafts.has(version)) reportInline(undefined, "There is a file of this version too: remove one of them.");
    drafts.set(version, draftPrompt(version, text, context, reportInline));
  }
  return drafts;
}

function draftPrompt(
  version: string,
  text: string,
  { partials, inputSchema, loadPrompt }: PromptContext,
  report: (line: number | undefined, message: string) => void,
): PromptDraft {
  const loaded = loadPrompt({ fileName: `${version}.prompt`, text, partials, inputSchema });
  if (!loaded.ok) for (const { line, message } of loaded.problems) report(line, message);
  return {
    version,
    prompt: loaded.ok ? loaded.prompt : undefined,
    reportModel: (message) => report(findModelLine(text), message),
  };
}

function findModelLine(text: string): number | undefined {
  const index = text.split("\n").findIndex((line) => /^model\s*:/.test(line));
  return index === -1 ? undefined : index + 1;
}
