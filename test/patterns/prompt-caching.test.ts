import { expect, onTestFinished, test } from "vitest";
import { readEnvironment } from "../../src/config.ts";
import { openGateway } from "../../src/gateway.ts";
import { createRequestId } from "../../src/ids.ts";
import { createLogger } from "../../src/telemetry/logger.ts";
import { createHostileProvider } from "../../src/testing/hostile-provider/hostile-provider.ts";
import { createStoreFolder } from "../../src/testing/store-folder.ts";
import { configWith, endpointFile, endpointWith, goodProject, promptFile, writeProject } from "../sample-project.ts";

const instructions = "Write as the house does. ".repeat(200).trim();

test("Anthropic is sent the mark of what it can cache behind the instructions, the same bytes each time", async () => {
  const provider = await createHostileProvider();
  onTestFinished(() => provider.close());
  const data = await createStoreFolder();
  onTestFinished(() => data.remove());
  const folder = writeProject({
    ...goodProject,
    [endpointFile]: endpointWith('route: "standard",'),
    [promptFile]: `---\nversion: 1.0.0\n---\n{{role "system"}}${instructions}{{role "user"}}Summarise: {{text}}\n`,
    ...configWith(
      `providers: { mine: { type: "anthropic", baseUrl: "${provider.url}" } },`,
      'models: { m: { provider: "mine", model: "claude-sonnet-4-5" } },',
      'tiers: { fast: "m", standard: "m", smart: "m" },',
    ),
  });
  const { log, logCall } = createLogger({ level: "silent", destination: { write: () => {} } });
  const environment = readEnvironment({ ANTHROPIC_API_KEY: "k" });
  const gateway = await openGateway({ folder, dataFolder: data.path, environment, sources: [], log, logCall });
  onTestFinished(() => gateway.close());
  for (const text of ["The council approved a bridge.", "The ferry stops."]) {
    const { signal } = new AbortController();
    const caller = { tenant: "t", requestId: createRequestId(0), signal, stream: false };
    await gateway.callEndpoint({ ...caller, endpoint: "summarize", contract: 1, input: { text } });
  }
  const bodies = provider.ledger.entries.map(({ json }) => json!);
  expect(bodies.length).toBeGreaterThanOrEqual(2);
  for (const { system, messages } of bodies) {
    expect(system).toEqual([{ type: "text", text: instructions, cache_control: { type: "ephemeral" } }]);
    expect(JSON.stringify(messages)).not.toContain("cache_control");
  }
});
