/** The files of a new project, by path: an endpoint that runs without a key. */
export function scaffold(projectName: string, headgateVersion: string): ReadonlyMap<string, string> {
  return new Map([
    ["package.json", packageJson(projectName, headgateVersion)],
    [".gitignore", "node_modules/\n.headgate/\n"],
    ["headgate.config.ts", config],
    ["endpoints/summarize/endpoint.ts", endpoint],
    ["endpoints/summarize/prompts/1.0.0.prompt", prompt],
    ["releases.yaml", "# The prompt version that each endpoint serves.\nsummarize: 1.0.0\n"],
    ["README.md", readme(projectName)],
  ]);
}

function packageJson(name: string, version: string): string {
  const manifest = {
    name,
    private: true,
    type: "module",
    scripts: { dev: "headgate dev", check: "headgate check", start: "headgate serve" },
    dependencies: { headgate: `^${version}`, zod: "^4.0.0" },
    engines: { node: ">=24" },
  };
  return `${JSON.stringify(manifest, null, 2)}\n`;
}

const config = `import { defineConfig } from "headgate";

// Without providers, \`headgate dev\` picks one and says which: a key in the environment (OPENAI_API_KEY, ...), a model
// server on this machine, or the built-in offline engine. To declare one:
//
// providers: { openai: { type: "openai-chat", baseUrl: "https://api.openai.com/v1", apiKeyEnv: "OPENAI_API_KEY" } },
// models: { "gpt-5-mini": { provider: "openai" } },
// tiers: { fast: "gpt-5-mini", standard: "gpt-5-mini", smart: "gpt-5-mini" },
export default defineConfig({});
`;

const endpoint = `import { defineEndpoint } from "headgate";
import { z } from "zod";

export default defineEndpoint({
  description: "Summarises a text for a busy reader.",
  input: z.object({ text: z.string().min(1) }),
  output: z.object({
    summary: z.string().describe("The gist in one or two sentences."),
    bullets: z.array(z.string()).min(1).max(5).describe("The main points."),
  }),
  fallback: { summary: "", bullets: ["No summary is available right now."] },
  example: {
    text: "The city council approved a new bridge on Tuesday. Construction starts in March and will take two years. The bridge replaces a ferry that carried 400 people a day.",
  },
});
`;

const prompt = `---
version: 1.0.0
description: First version
config:
  temperature: 0.2
---
{{role "system"}}
You summarise texts for busy readers. Use only facts from the text.
{{role "user"}}
<text>
{{text}}
</text>
`;

function readme(name: string): string {
  return `# ${name}

\`\`\`sh
npm install
npm run dev      # serves the endpoints and prints a ready-to-paste curl
npm run check    # reports every mistake in the project
\`\`\`

\`endpoints/summarize/endpoint.ts\` is the contract, \`prompts/\` holds its prompt versions, \`releases.yaml\` says which is served.
`;
}
