import { checkTemplate } from "./check-template.ts";
import type { TemplatePlace } from "./check-template.ts";
import { didYouMean } from "../../nearest-name.ts";
import type { PromptProblem } from "./prompt-problem.ts";
import { parseProgram } from "./template-ast.ts";
import type { Program } from "./template-ast.ts";

interface ParsedSource {
  readonly source: string;
  readonly program: Program;
}

/** A template and the partials that it uses. */
export interface ParsedTemplate extends ParsedSource {
  /** Line of the prompt file on which the template begins. */
  readonly firstLine: number;
  /** By name; only those that are used, directly or by another partial. */
  readonly partials: ReadonlyMap<string, ParsedSource>;
  /** Every helper that is called, by its line in the prompt file. */
  readonly helperCalls: readonly TemplatePlace[];
}

export interface TemplateParse {
  /** Absent if the template itself cannot be read. Compile it only if there are no problems. */
  readonly template?: ParsedTemplate;
  readonly problems: readonly PromptProblem[];
}

export interface TemplateSource {
  readonly template: string;
  /** @default 1 */
  readonly firstLine?: number;
  readonly partials: ReadonlyMap<string, string>;
}

/** Reads a template with all its partials and reports every mistake in them at once. */
export function parseTemplate({ template, firstLine = 1, partials }: TemplateSource): TemplateParse {
  const reader = new TemplateReader(partials);
  const program = reader.read(template, (line) => ({ line: line + firstLine - 1, prefix: "" }), []);
  const { problems, parsed, helperCalls } = reader;
  if (!program) return { problems };
  return { template: { source: template, program, firstLine, partials: parsed, helperCalls }, problems };
}

type Locate = (line: number) => { readonly line: number; readonly prefix: string };

class TemplateReader {
  readonly parsed = new Map<string, ParsedSource>();
  readonly problems: PromptProblem[] = [];
  readonly helperCalls: TemplatePlace[] = [];
  readonly #sources: ReadonlyMap<string, string>;
  readonly #seen = new Set<string>();

  constructor(sources: ReadonlyMap<string, string>) {
    this.#sources = sources;
  }

  read(source: string, locate: Locate, chain: readonly string[]): Program | undefined {
    const parse = parseProgram(source);
    if (!parse.ok) {
      this.#report(locate(parse.line), parse.message);
      return undefined;
    }
    const { problems, helperCalls, partialCalls } = checkTemplate(parse.program);
    for (const { line, message } of problems) this.#report(locate(line), message);
    for (const call of helperCalls) this.helperCalls.push({ name: call.name, line: locate(call.line).line });
    for (const call of partialCalls) this.#readPartial(call.name, locate(call.line), chain);
    return parse.program;
  }

  #readPartial(name: string, at: ReturnType<Locate>, chain: readonly string[]): void {
    if (chain.includes(name)) {
      this.#report(
        at,
        `The partial "${name}" includes itself (${[...chain, name].join(" > ")}). Remove one of the calls.`,
      );
      return;
    }
    if (this.#seen.has(name)) return;
    this.#seen.add(name);
    const source = this.#sources.get(name);
    if (source === undefined) {
      const names = [...this.#sources.keys()];
      this.#report(
        at,
        `There is no partial "${name}". Add partials/_${name}.prompt or correct the name.${didYouMean(name, names)}`,
      );
      return;
    }
    const program = this.read(
      source,
      (line) => ({ line: at.line, prefix: `In the partial "${name}", line ${line}: ` }),
      [...chain, name],
    );
    if (program) this.parsed.set(name, { source, program });
  }

  #report(at: ReturnType<Locate>, message: string): void {
    this.problems.push({ line: at.line, message: at.prefix + message });
  }
}
