import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { readEnvironment } from "./config.ts";
import { HeadgateError } from "./errors.ts";
import { openGateway, openProjectStore } from "./gateway.ts";
import type { EndpointRequest, GatewayOptions } from "./gateway.ts";
import { createRequestId } from "./ids.ts";
import { createLogger } from "./telemetry/logger.ts";
import { createScriptedProvider } from "./testing/scripted-provider.ts";
import type { ScriptedProvider } from "./testing/scripted-provider.ts";
import { createStoreFolder } from "./testing/store-folder.ts";
import { configWith, endpointFile, endpointWith, goodProject, writeProject } from "../test/sample-project.ts";

let provider: ScriptedProvider;

beforeAll(async () => {
  provider = await createScriptedProvider({ answer: () => ({ json: { summary: "Short." } }) });
});

afterAll(async () => {
  await provider.close();
});

function scriptedConfig(extra = ""): Record<string, string> {
  return configWith(
    `providers: { mine: { type: "openai-chat", baseUrl: "${provider.url}"${extra} } },`,
    'models: { m: { provider: "mine" } }, tiers: { fast: "m", standard: "m", smart: "m" },',
  );
}

async function setup(files: Record<string, string>): Promise<GatewayOptions & { readonly folder: string }> {
  const { log, logCall } = createLogger({ level: "silent", destination: { write: () => {} } });
  const environment = readEnvironment({});
  const folder = writeProject({ ...goodProject, ...files });
  const data = await createStoreFolder();
  onTestFinished(() => data.remove());
  return { folder, dataFolder: data.path, environment, sources: ["local"], log, logCall };
}

function request(stream = false): EndpointRequest {
  return {
    endpoint: "summarize",
    contract: 1,
    input: { text: "The council approved a bridge." },
    tenant: "t",
    requestId: createRequestId(0),
    signal: new AbortController().signal,
    stream,
  };
}

test("a reload that declares the first provider sends calls there, and one that removes it falls back", async () => {
  const options = await setup({});
  const gateway = await openGateway(options);
  try {
    expect(gateway.picked?.name).toBe("local");
    const config = join(options.folder, "headgate.config.ts");
    writeFileSync(config, scriptedConfig()["headgate.config.ts"]!);
    expect(await gateway.project.reload()).toMatchObject({ ok: true });
    const asked = provider.ledger.requests.length;
    const reply = await gateway.callEndpoint(request());
    expect(reply.whole?.outcome?.output).toEqual({ summary: "Short." });
    expect(provider.ledger.requests).toHaveLength(asked + 1);
    writeFileSync(config, "export default {};");
    await gateway.project.reload();
    expect((await gateway.callEndpoint(request())).whole?.outcome?.status).toBe("ok");
    expect(provider.ledger.requests).toHaveLength(asked + 1);
  } finally {
    await gateway.close();
  }
});

test("calls at work when the gateway closes are ended and recorded", async () => {
  const options = await setup(scriptedConfig());
  const gateway = await openGateway(options);
  const known = provider.ledger.requests.length;
  provider.script({ hang: true });
  const hanging = request();
  const calling = gateway.callEndpoint(hanging).catch((error: unknown) => error);
  const seen = await provider.ledger.waitFor((requests) => requests[known]);
  await gateway.close();
  expect(HeadgateError.is(await calling, "shutting_down")).toBe(true);
  await provider.ledger.waitFor(() => seen.closedByPeerAtMs !== undefined);
  await expect(gateway.callEndpoint(request())).rejects.toMatchObject({ code: "shutting_down" });
  const store = await openProjectStore(options);
  expect(await store.findRecord(hanging.requestId)).toMatchObject({ status: "error", errorCode: "shutting_down" });
  await store.close();
});

test("a provider whose key is not in the environment is told at the start, by the variable's name", async () => {
  const options = await setup(scriptedConfig(', apiKeyEnv: "MY_VENDOR_KEY"'));
  await expect(openGateway(options)).rejects.toMatchObject({
    code: "config_invalid",
    detail: expect.stringContaining("MY_VENDOR_KEY"),
  });
});

test("an opening that fails midway leaves nothing open: the next one has the store", async () => {
  const options = await setup({ "endpoints/summarize/prompts/1.0.0.prompt": "---\nversion: 9.9.9\n---\n{{text}}" });
  await expect(openGateway(options)).rejects.toMatchObject({ code: "project_invalid" });
  writeFileSync(join(options.dataFolder, "journal"), "not a folder");
  const sound = { ...(await setup({})), dataFolder: options.dataFolder };
  await expect(openGateway(sound)).rejects.toMatchObject({ code: "store_unavailable" });
  const store = await openProjectStore(sound);
  await store.close();
});

test("a project that declares no provider and finds none does not open", async () => {
  const options = { ...(await setup({})), sources: ["hosted"] as const };
  await expect(openGateway(options)).rejects.toMatchObject({ code: "provider_missing" });
});

test("prompts and answers reach the log only when content is switched on", async () => {
  const lines: string[] = [];
  const logs = createLogger({ level: "info", destination: { write: (line) => void lines.push(line) } });
  for (const variables of [{}, { HEADGATE_LOG_CONTENT: "true" }]) {
    lines.length = 0;
    const options = { ...(await setup(scriptedConfig())), ...logs, environment: readEnvironment(variables) };
    const gateway = await openGateway(options);
    await gateway.callEndpoint(request());
    await gateway.close();
    const holdsContent = lines.some((line) => line.includes("The council approved") && line.includes("Short."));
    expect(lines.join("")).toContain('"event":"call.finished"');
    expect(holdsContent).toBe("HEADGATE_LOG_CONTENT" in variables);
  }
});

test("strict token limits hold for every model call of a request, re-asks too", async () => {
  const limits = 'limits: { inputTokens: 60, outputTokens: 40, onExceeded: "reduce" },';
  const options = await setup({ ...scriptedConfig(), [endpointFile]: endpointWith('route: "fast",', limits) });
  const gateway = await openGateway(options);
  try {
    const known = provider.ledger.requests.length;
    provider.script({ json: { other: 1 } });
    const reply = await gateway.callEndpoint({
      ...request(),
      input: { text: "The council approved a bridge. ".repeat(50) },
    });
    expect(reply.whole?.outcome).toMatchObject({ output: { summary: "Short." }, warnings: ["input_truncated"] });
    const asked = provider.ledger.requests.slice(known).map(({ body }) => body as Record<string, unknown>);
    expect(asked.map((body) => body["max_tokens"] ?? body["max_completion_tokens"])).toEqual([40, 40]);
    expect(JSON.stringify(asked[0]?.["messages"]).length).toBeLessThan(400);
  } finally {
    await gateway.close();
  }
});
