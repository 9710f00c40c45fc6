import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, test } from "vitest";
import { greeting, greetingText } from "./answers.ts";
import type { Stage } from "./stage.ts";

const run = promisify(execFile);
const root = join(import.meta.dirname, "..", "..");
const guide = readFileSync(join(root, "docs", "guide", "point-your-sdk-here.md"), "utf8");

/** The code of the guide in one language, as it stands there. */
function listSnippets(language: string): string[] {
  return [...guide.matchAll(new RegExp(`^\`\`\`${language}\n([^]*?)^\`\`\`$`, "gm"))].map(([, code = ""]) => code);
}

/** What the guide tells users to write. */
export function describeGuide(open: () => Stage): void {
  const atStage = (code: string): string => code.replaceAll("http://127.0.0.1:8787", open().url);

  async function runCode(command: string, args: readonly string[]): Promise<string> {
    const env = { PATH: process.env["PATH"], HEADGATE_API_KEY: open().key };
    const { stdout } = await run(command, args, { cwd: root, env });
    return stdout;
  }

  const runModule = (code: string): Promise<string> =>
    runCode(process.execPath, ["--input-type=module", "--eval", atStage(code)]);

  describe("the guide", () => {
    test("every snippet in TypeScript runs as it stands", async () => {
      const snippets = listSnippets("ts");
      open().upstream.script(...snippets.map(() => greeting));
      const said = await Promise.all(snippets.map(runModule));
      expect(said.map((text) => text.trim())).toEqual(snippets.map(() => greetingText));
      expect(snippets.length).toBeGreaterThan(5);
    });

    test("every call of curl runs as it stands", async () => {
      const calls = listSnippets("sh").filter((code) => code.startsWith("curl"));
      open().upstream.script(...calls.map(() => greeting));
      const said = await Promise.all(calls.map((code) => runCode("sh", ["-c", atStage(code)])));
      for (const text of said) expect(text).toContain(greetingText);
      expect(calls.length).toBeGreaterThan(2);
    });

    test("clients find Headgate by the environment alone", async () => {
      const variables = listSnippets("sh").find((code) => code.startsWith("export")) ?? "";
      const program = `
        import OpenAI from "openai";
        import Anthropic from "@anthropic-ai/sdk";
        import { openai } from "@ai-sdk/openai";
        import { generateText } from "ai";
        const messages = [{ role: "user", content: "Say hello." }];
        const { choices } = await new OpenAI().chat.completions.create({ model: "fast", messages });
        const { content } = await new Anthropic().messages.create({ model: "fast", max_tokens: 9, messages });
        const { text } = await generateText({ model: openai("fast"), prompt: "Say hello." });
        console.log(choices[0].message.content + content[0].text + text);
      `;
      open().upstream.script(greeting, greeting, greeting);
      const script = `${atStage(variables)}\n"${process.execPath}" --input-type=module --eval '${program}'`;
      expect((await runCode("sh", ["-c", script])).trim()).toBe(greetingText.repeat(3));
    });
  });
}
