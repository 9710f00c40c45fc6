import { describe, expect, test } from "vitest";
import type { Message } from "../../message.ts";
import { loadPrompt } from "./load-prompt.ts";

const long = `${"Write as the house does. ".repeat(200)}\n`;
const system = '{{role "system"}}';
const user = '{{role "user"}}';

function render(template: string, partials: Readonly<Record<string, string>> = {}): readonly Message[] {
  const load = loadPrompt({
    fileName: "1.0.0.prompt",
    text: `---\nversion: 1.0.0\n---\n${template}`,
    partials: new Map(Object.entries(partials)),
  });
  if (!load.ok) throw new Error(JSON.stringify(load.problems));
  return load.prompt.render({ text: "Bridge.", topic: "roads" });
}

/** Which messages are marked, by their place. */
function marked(template: string, partials?: Readonly<Record<string, string>>): number[] {
  return render(template, partials).flatMap(({ content }, index) =>
    typeof content !== "string" && content.some((part) => part.type === "text" && part.cacheTtl === "5m")
      ? [index]
      : [],
  );
}

describe("the prompt's messages before its first variable", () => {
  test("are marked at their last, and say the same", () => {
    const template = `${system}${long}${user}Summarise: {{text}}`;
    expect(marked(template)).toEqual([0]);
    expect(render(template)[0]).toEqual({ role: "system", content: [{ type: "text", text: long, cacheTtl: "5m" }] });
    expect(render(template)[1]).toEqual({ role: "user", content: "Summarise: Bridge." });
  });

  test("are marked with examples, comments and partials among them", () => {
    const examples = `${user}An example.{{role "model"}}Its answer.`;
    expect(marked(`${system}${long}${examples}${user}{{text}}`)).toEqual([2]);
    expect(marked(`{{! for all }}${system}{{> style}}${user}{{text}}`, { style: long })).toEqual([0]);
    expect(marked(`${system}{{> style}}${user}{{text}}`, { style: `{{> more}}`, more: long })).toEqual([0]);
    expect(marked(`${system}${long}`)).toEqual([0]);
  });

  test("are not marked where the variable is in them, however it is asked for", () => {
    for (const use of ["{{text}}", "{{#if text}}x{{/if}}", "{{json topic}}", "{{> one}}", "{{> two topic=text}}"]) {
      const partials = { one: "{{text}}", two: "x" };
      expect(marked(`${system}${use}${long}${user}{{text}}`, partials)).toEqual([]);
      expect(marked(`${system}${long}${use}${user}{{text}}`, partials)).toEqual([]);
    }
    expect(marked(`${long}{{text}}`)).toEqual([]);
  });

  test("are not marked where they are too short to be kept", () => {
    expect(marked(`${system}Be brief.${user}{{text}}`)).toEqual([]);
    expect(render(`${system}Be brief.${user}{{text}}`)[0]).toEqual({ role: "system", content: "Be brief." });
  });
});
