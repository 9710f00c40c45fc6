import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ConfigDefinition } from "../../src/endpoint/define-config.ts";
import type { EndpointDefinition } from "../../src/endpoint/define-endpoint.ts";
import type { JsonSchema } from "../../src/json.ts";
import { copyProject, type ProjectCopy } from "../../test/served-project.ts";
import { features } from "./features.ts";
import type { Feature, FeatureName } from "./item.ts";
import { answerTtlSeconds, modelOf, oneModel, ruleSet, traffic } from "./parameters.ts";
import { prices } from "./prices.ts";

/**
 * What is switched on and off. `routing`: the rule set chooses the model. `reuse`: the same request is answered again, and
 * twins share one call. `semantic`: with `reuse`, also what means the same, for support. `limits`: most tokens of prompts
 * and answers. `prompt-order`: instructions stand before the input, so that the provider can cache them.
 */
export const techniques = ["routing", "reuse", "semantic", "limits", "prompt-order"] as const;

export type Technique = (typeof techniques)[number];

/** The app's project, with the techniques in force, in a folder of its own. */
export function createProject(upstreamUrl: string, on: ReadonlySet<Technique>): ProjectCopy {
  const source = mkdtempSync(join(tmpdir(), "headgate-savings-"));
  writeModule(join(source, "headgate.config.ts"), writeConfig(upstreamUrl, on));
  for (const [name, feature] of Object.entries(features) as [FeatureName, Feature][]) {
    const folder = join(source, "endpoints", name);
    mkdirSync(join(folder, "prompts"), { recursive: true });
    writeModule(join(folder, "endpoint.ts"), defineFeature(name, feature, on));
    writeFileSync(join(folder, "prompts/1.0.0.prompt"), writePrompt(feature, on.has("prompt-order")));
  }
  const project = copyProject("", { source, env: { SAVINGS_KEY: "sk-savings", HEADGATE_LOG_LEVEL: "info" } });
  rmSync(source, { recursive: true, force: true });
  return project;
}

function writeConfig(upstreamUrl: string, on: ReadonlySet<Technique>): ConfigDefinition {
  const provider = "upstream";
  return {
    providers: {
      [provider]: { type: "openai-chat", vendor: "openai", baseUrl: `${upstreamUrl}/v1`, apiKeyEnv: "SAVINGS_KEY" },
    },
    models: {
      [modelOf.fast]: { provider, price: prices.fast },
      [modelOf.standard]: { provider, price: prices.standard },
      [modelOf.smart]: { provider, price: prices.smart },
    },
    tiers: modelOf,
    ...(on.has("routing") ? { routes: { sets: { savings: ruleSet }, use: "savings" } } : {}),
  };
}

function defineFeature(
  name: FeatureName,
  { task, description, output }: Feature,
  on: ReadonlySet<Technique>,
): EndpointDefinition<JsonSchema, JsonSchema> {
  const isSemantic = on.has("semantic") && name === "support";
  return {
    description,
    input: {
      type: "object",
      properties: { text: { type: "string" } },
      required: ["text"],
      additionalProperties: false,
    },
    output,
    task,
    route: on.has("routing") ? "auto" : oneModel,
    ...(on.has("reuse") ? { reuse: { ttlSeconds: answerTtlSeconds, semantic: isSemantic } } : {}),
    ...(on.has("limits") ? { limits: traffic[name].limits } : {}),
  };
}

/** Without an order to it, an app puts the text first and says below it what to do with it: no two prompts begin alike. */
function writePrompt({ instructions }: Feature, isOrdered: boolean): string {
  const body = isOrdered
    ? `{{role "system"}}\n${instructions}\n{{role "user"}}\n{{text}}\n`
    : `{{role "user"}}\n{{text}}\n\n-----\n${instructions}\n`;
  return `---\nversion: 1.0.0\n---\n${body}`;
}

function writeModule(path: string, value: unknown): void {
  writeFileSync(path, `export default ${JSON.stringify(value)};\n`);
}
