import type { ModelSettings } from "../../message.ts";
import { isRecord } from "../../json.ts";
import type { JsonSchema } from "../../json.ts";
import { readFrontMatter } from "./front-matter.ts";
import type { FrontMatter } from "./front-matter.ts";
import { didYouMean } from "../../nearest-name.ts";
import { convertPicoschema } from "./picoschema.ts";
import type { PromptProblem } from "./prompt-problem.ts";
import { readSettings } from "./read-settings.ts";
import { splitPrompt } from "./split-prompt.ts";

export interface ParsedPrompt {
  readonly description?: string;
  readonly model?: string;
  readonly settings: ModelSettings;
  /** What the file itself says of its input and output; the endpoint's contract stands above both. */
  readonly input: DeclaredData;
  readonly output: DeclaredData;
  /** Values for input fields that a call leaves out. */
  readonly defaults: Readonly<Record<string, unknown>>;
  readonly defaultsLine: number;
  readonly template: string;
  /** Line of the file on which the template begins. */
  readonly templateLine: number;
}

interface DeclaredData {
  readonly schema?: JsonSchema;
  readonly line: number;
}

export interface PromptParse {
  readonly prompt: ParsedPrompt;
  readonly problems: readonly PromptProblem[];
}

export interface ParsePromptOptions {
  /** The version that the file must name: its file name without `.prompt`. */
  readonly version: string;
}

const keys = ["config", "description", "input", "model", "name", "output", "variant", "version"];
const notes: Readonly<Record<string, string>> = {
  tools: "Tools are not supported yet. Remove the key.",
  toolDefs: "Tools are not supported yet. Remove the key.",
  ext: 'Write extension keys with their namespace at the top, such as "team.owner: search".',
  raw: '"raw" is what a reader of the file gets, not something to write. Remove the key.',
};

/** Reads a `.prompt` file up to its template, which stays text; reports every mistake at once. */
export function parsePrompt(text: string, options: ParsePromptOptions): PromptParse {
  const parts = splitPrompt(text);
  const problems: PromptProblem[] = [];
  if (parts.isUnclosed)
    problems.push({ line: 1, message: 'The front matter is not closed. End it with a line "---".' });
  if (!parts.isUnclosed && parts.template.trim() === "") {
    problems.push({
      line: parts.templateLine,
      message: 'The file has no template. Write the prompt below the second "---".',
    });
  }
  const read = readFrontMatter(parts.frontMatter ?? "", parts.frontMatterLine);
  if (!read.ok) problems.push(...read.problems);
  const frontMatter = read.ok ? read.frontMatter : emptyFrontMatter;
  const reader = new PromptReader(frontMatter, problems);
  if (read.ok && !parts.isUnclosed) reader.checkKeys(options.version);
  return { prompt: { ...reader.read(), template: parts.template, templateLine: parts.templateLine }, problems };
}

const emptyFrontMatter: FrontMatter = { values: {}, lineOf: () => 1 };

class PromptReader {
  readonly #frontMatter: FrontMatter;
  readonly #problems: PromptProblem[];

  constructor(frontMatter: FrontMatter, problems: PromptProblem[]) {
    this.#frontMatter = frontMatter;
    this.#problems = problems;
  }

  checkKeys(version: string): void {
    for (const key of Object.keys(this.#frontMatter.values)) {
      if (Object.hasOwn(notes, key)) this.#refuse([key], notes[key]!);
      else if (!keys.includes(key) && !isNamespaced(key)) {
        const advice = `Use ${keys.join(", ")}, or a key with a namespace such as "team.${key}".`;
        this.#refuse([key], `The front matter has no key "${key}". ${advice}${didYouMean(key, keys)}`);
      }
    }
    this.#checkVersion(version);
  }

  read(): Omit<ParsedPrompt, "template" | "templateLine"> {
    const description = this.#readText("description");
    const model = this.#readText("model");
    this.#readText("name");
    this.#readText("variant");
    return {
      ...(description === undefined ? {} : { description }),
      ...(model === undefined ? {} : { model }),
      settings: this.#readConfig(),
      input: this.#readData("input", ["schema", "default"]),
      output: this.#readData("output", ["schema", "format"]),
      ...this.#readDefaults(),
    };
  }

  #checkVersion(version: string): void {
    const written = this.#frontMatter.values["version"];
    if (written === undefined)
      this.#refuse([], `The front matter does not name its version. Add "version: ${version}".`);
    else if (typeof written !== "string")
      this.#refuse(["version"], `Write the version as three numbers: "version: ${version}".`);
    else if (written !== version) {
      this.#refuse(
        ["version"],
        `The file is named for version ${version} but says ${written}. Correct one of the two.`,
      );
    }
  }

  #readText(key: string): string | undefined {
    const value = this.#frontMatter.values[key];
    if (value === undefined) return undefined;
    if (typeof value === "string" && value.trim() !== "") return value;
    this.#refuse([key], `"${key}" must be a text.`);
    return undefined;
  }

  #readConfig(): ModelSettings {
    const { settings, problems } = readSettings(this.#frontMatter.values["config"]);
    for (const { key, message } of problems) this.#refuse(key === undefined ? ["config"] : ["config", key], message);
    return settings;
  }

  #readData(key: "input" | "output", allowed: readonly string[]): DeclaredData {
    const value = this.#frontMatter.values[key];
    const line = this.#frontMatter.lineOf([key, "schema"]);
    if (value === undefined || value === null) return { line };
    if (!isRecord(value)) {
      this.#refuse([key], `"${key}" must be keys and values, such as "schema: { text: string }".`);
      return { line };
    }
    for (const name of Object.keys(value)) {
      if (!allowed.includes(name))
        this.#refuse(
          [key, name],
          `"${key}" has no key "${name}". Use ${allowed.join(", ")}.${didYouMean(name, allowed)}`,
        );
    }
    if (value["format"] !== undefined && value["format"] !== "json") {
      this.#refuse([key, "format"], 'An endpoint answers with JSON: write "format: json" or remove the key.');
    }
    if (value["schema"] === undefined || value["schema"] === null) return { line };
    const conversion = convertPicoschema(value["schema"]);
    if (conversion.ok) return { schema: conversion.schema, line };
    for (const { path, message } of conversion.problems) this.#refuse([key, "schema", ...path], message);
    return { line };
  }

  #readDefaults(): Pick<ParsedPrompt, "defaults" | "defaultsLine"> {
    const { input } = this.#frontMatter.values;
    const defaultsLine = this.#frontMatter.lineOf(["input", "default"]);
    const defaults = isRecord(input) ? input["default"] : undefined;
    if (isRecord(defaults)) return { defaults, defaultsLine };
    if (defaults !== undefined && defaults !== null)
      this.#refuse(["input", "default"], '"input.default" must be keys and values.');
    return { defaults: {}, defaultsLine };
  }

  #refuse(path: readonly string[], message: string): void {
    this.#problems.push({ line: this.#frontMatter.lineOf(path), message });
  }
}

function isNamespaced(key: string): boolean {
  return /^[^.\s]+(?:\.[^.\s]+)+$/.test(key);
}
