import { randomUUID } from "node:crypto";
import Handlebars from "handlebars";
import { HeadgateError } from "../../errors.ts";
import { helperNames } from "./helper-rules.ts";
import { Marks } from "./marks.ts";
import type { ParsedTemplate } from "./parse-template.ts";
import { toBlocks } from "./rendered-block.ts";
import type { RenderedBlock } from "./rendered-block.ts";

export interface CompiledTemplate {
  /**
   * `variables` are what the template reads as `@name`.
   * @throws HeadgateError `input_too_long` beyond a limit, `input_invalid` for a value that has no text form.
   */
  render(input: unknown, variables?: Readonly<Record<string, unknown>>): readonly RenderedBlock[];
}

export interface CompileOptions {
  /** Most UTF-16 units that one rendering may produce. @default 16777216 */
  readonly maxLength?: number;
  /** Most turns that all loops of one rendering may take together. @default 100000 */
  readonly maxTurns?: number;
  /** Draws what marks are made of: unguessable and new for each rendering. @default a random UUID */
  readonly createNonce?: () => string;
}

type Limits = Required<Pick<CompileOptions, "maxLength" | "maxTurns">>;

/** Compiles a checked template once; each rendering then only fills it in. */
export function compileTemplate(parsed: ParsedTemplate, options: CompileOptions = {}): CompiledTemplate {
  const { maxLength = 16_777_216, maxTurns = 100_000, createNonce = randomUUID } = options;
  const rendering = new Rendering({ maxLength, maxTurns });
  const environment = createEnvironment(rendering);
  const partials = [...parsed.partials].map(([name, { source }]) => [name, compile(environment, source)] as const);
  for (const [name, partial] of partials) environment.registerPartial(name, partial);
  const template = compile(environment, parsed.source);

  const run = (render: Handlebars.TemplateDelegate, input: unknown, variables = {}): readonly RenderedBlock[] =>
    rendering.run(createNonce(), () =>
      render(input, {
        data: { ...variables },
        allowProtoPropertiesByDefault: false,
        allowProtoMethodsByDefault: false,
      }),
    );
  // Handlebars compiles at the first rendering: let that be now, not in the first request.
  for (const [, partial] of partials) run(partial, {});
  run(template, {});
  return { render: (input, variables) => run(template, input, variables) };
}

function compile(environment: typeof Handlebars, source: string): Handlebars.TemplateDelegate {
  return environment.compile(source, {
    knownHelpers: Object.fromEntries(helperNames.map((name) => [name, true])),
    knownHelpersOnly: true,
    noEscape: true,
    // Indenting a partial would change line breaks inside the user's text.
    preventIndent: true,
  });
}

/** State of the one rendering that is under way: rendering is synchronous, so one is enough for a template. */
class Rendering {
  readonly #limits: Limits;
  #marks = new Marks("");
  #turns = 0;

  constructor(limits: Limits) {
    this.#limits = limits;
  }

  get marks(): Marks {
    return this.#marks;
  }

  run(nonce: string, render: () => string): readonly RenderedBlock[] {
    this.#marks = new Marks(nonce);
    this.#turns = 0;
    try {
      const text = render();
      this.checkLength(text.length);
      return toBlocks(this.#marks.cut(text));
    } catch (error) {
      // An object without a usable toString, a cycle, or a text beyond the engine's own limit.
      if (error instanceof TypeError || error instanceof RangeError) {
        const detail = "A field of the input has no text form that the prompt could hold.";
        throw new HeadgateError("input_invalid", { detail, cause: error });
      }
      throw error;
    }
  }

  countTurn(): void {
    if (++this.#turns > this.#limits.maxTurns) {
      const detail = `The prompt's loops take more than ${this.#limits.maxTurns} turns with this input.`;
      throw new HeadgateError("input_too_long", { detail });
    }
  }

  checkLength(length: number): void {
    if (length > this.#limits.maxLength) {
      const detail = `The prompt gets longer than ${this.#limits.maxLength} characters with this input.`;
      throw new HeadgateError("input_too_long", { detail });
    }
  }
}

function createEnvironment(rendering: Rendering): typeof Handlebars {
  const environment = Handlebars.create();
  const each = environment.helpers["each"]!;
  environment.registerHelper({
    each(this: unknown, list: unknown, options: Handlebars.HelperOptions): unknown {
      let length = 0;
      const fn: Handlebars.TemplateDelegate = (item, runtime) => {
        rendering.countTurn();
        const text = options.fn(item, runtime);
        rendering.checkLength((length += text.length));
        return text;
      };
      return each.call(this, list, { ...options, fn });
    },
    ifEquals(this: unknown, left: unknown, right: unknown, options: Handlebars.HelperOptions): string {
      return left === right ? options.fn(this) : options.inverse(this);
    },
    unlessEquals(this: unknown, left: unknown, right: unknown, options: Handlebars.HelperOptions): string {
      return left === right ? options.inverse(this) : options.fn(this);
    },
    json(value: unknown, { hash }: Handlebars.HelperOptions): string {
      // A field that is not there has no JSON.
      const text = value === undefined ? "" : JSON.stringify(value, null, hash["indent"] as number | undefined);
      rendering.checkLength(text.length);
      return text;
    },
    role: (role: string): string => rendering.marks.put({ type: "role", role }),
    history: (): string => rendering.marks.put({ type: "history" }),
    section: (name: string): string => rendering.marks.put({ type: "section", name }),
    media({ hash }: Handlebars.HelperOptions): string {
      const { url, contentType } = hash as { url?: unknown; contentType?: unknown };
      return rendering.marks.put({
        type: "media",
        url: typeof url === "string" ? url : "",
        ...(typeof contentType === "string" && contentType !== "" ? { contentType } : {}),
      });
    },
  });
  return environment;
}
