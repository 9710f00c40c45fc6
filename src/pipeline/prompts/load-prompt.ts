import type { LoadedPrompt } from "../../endpoint/snapshot.ts";
import { sha256 } from "../../ids.ts";
import type { JsonSchema } from "../../json.ts";
import { checkDeclared } from "./check-declared.ts";
import { checkVariables } from "./check-variables.ts";
import { compileTemplate } from "./compile-template.ts";
import { parsePrompt } from "./parse-prompt.ts";
import type { ParsedPrompt } from "./parse-prompt.ts";
import { parseTemplate } from "./parse-template.ts";
import type { ParsedTemplate } from "./parse-template.ts";
import type { PromptProblem } from "./prompt-problem.ts";
import { countStableMessages, markStableMessages } from "./stable-prefix.ts";
import { listTemplateVariables } from "./template-variables.ts";
import { toMessages } from "./to-messages.ts";

export interface PromptFile {
  /** Such as `1.2.3.prompt`; folders before it are ignored. */
  readonly fileName: string;
  readonly text: string;
  /** By the name that templates call them with. */
  readonly partials?: ReadonlyMap<string, string>;
  /** Of the endpoint; absent: variables are not checked. */
  readonly inputSchema?: JsonSchema;
}

export type PromptLoad =
  | { readonly ok: true; readonly prompt: LoadedPrompt }
  | { readonly ok: false; readonly problems: readonly PromptProblem[] };

// semver.org's own expression, without its groups.
const semver =
  /^(?:0|[1-9]\d*)\.(?:0|[1-9]\d*)\.(?:0|[1-9]\d*)(?:-(?:0|[1-9]\d*|\d*[a-zA-Z-][\da-zA-Z-]*)(?:\.(?:0|[1-9]\d*|\d*[a-zA-Z-][\da-zA-Z-]*))*)?(?:\+[\da-zA-Z-]+(?:\.[\da-zA-Z-]+)*)?$/;

const notInEndpoints: Readonly<Record<string, string>> = {
  history: "An endpoint's call has no earlier messages. Remove {{history}}.",
  section: "Sections are not supported yet. Remove {{section}}.",
};

/** Reads, checks and compiles one prompt file. All mistakes come back together, in the order of their lines. */
export function loadPrompt({ fileName, text, partials = new Map(), inputSchema }: PromptFile): PromptLoad {
  const version = fileName.replace(/^.*[/\\]/, "").replace(/\.prompt$/, "");
  const { prompt, problems: fileProblems } = parsePrompt(text, { version });
  const problems = [...fileProblems];
  if (!semver.test(version)) {
    problems.push({
      message: `A prompt file is named for its semantic version, such as 1.2.3.prompt or 1.3.0-beta.1.prompt, not "${fileName}".`,
    });
  }
  const { template, problems: templateProblems } = parseTemplate({
    template: prompt.template,
    firstLine: prompt.templateLine,
    partials,
  });
  problems.push(...templateProblems);
  if (template) problems.push(...checkUse(template, prompt, inputSchema));
  if (!template || problems.length > 0) {
    return { ok: false, problems: problems.toSorted((left, right) => (left.line ?? 0) - (right.line ?? 0)) };
  }
  return { ok: true, prompt: toLoadedPrompt(version, text, prompt, template) };
}

function checkUse(
  template: ParsedTemplate,
  prompt: ParsedPrompt,
  inputSchema: JsonSchema | undefined,
): PromptProblem[] {
  const unsupported = template.helperCalls.flatMap(({ name, line }) =>
    Object.hasOwn(notInEndpoints, name) ? [{ line, message: notInEndpoints[name]! }] : [],
  );
  if (!inputSchema) return unsupported;
  return [
    ...unsupported,
    ...checkVariables(listTemplateVariables(template), inputSchema),
    ...checkDeclared(prompt, inputSchema),
  ];
}

function toLoadedPrompt(version: string, text: string, prompt: ParsedPrompt, template: ParsedTemplate): LoadedPrompt {
  const compiled = compileTemplate(template);
  const { defaults, model, settings } = prompt;
  const hasDefaults = Object.keys(defaults).length > 0;
  const stable = countStableMessages(template);
  return {
    version,
    sha256: hashPrompt(text, template),
    settings,
    ...(model === undefined ? {} : { model }),
    render: (input) => {
      const messages = toMessages(compiled.render(hasDefaults ? { ...defaults, ...input } : input));
      return stable === 0 ? messages : markStableMessages(messages, stable);
    },
  };
}

/** Without partials, the hash that `sha256sum` prints for the file. Partials follow in the order of their first use. */
function hashPrompt(text: string, { partials }: ParsedTemplate): string {
  const file = sha256(text);
  if (partials.size === 0) return file;
  return sha256(JSON.stringify([file, ...[...partials].map(([name, { source }]) => [name, sha256(source)])]));
}
