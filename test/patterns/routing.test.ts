import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { readEnvironment } from "../../src/config.ts";
import { openGateway, type ModelCall, type OpenGateway } from "../../src/gateway.ts";
import { createRequestId } from "../../src/ids.ts";
import { parseJson } from "../../src/json.ts";
import { createLogger } from "../../src/telemetry/logger.ts";
import { createScriptedProvider, type ScriptedProvider } from "../../src/testing/scripted-provider.ts";
import { createStoreFolder } from "../../src/testing/store-folder.ts";
import { configWith, goodProject, writeProject } from "../sample-project.ts";
import { copyProject } from "../served-project.ts";

let provider: ScriptedProvider;

beforeAll(async () => {
  provider = await createScriptedProvider({ answer: () => ({ json: { summary: "Short." } }) });
});

afterAll(async () => {
  await provider.close();
});

function projectFiles(url: string): Record<string, string> {
  const price = (usd: number): string => `price: { inputPerMillionUsd: ${usd}, outputPerMillionUsd: ${usd} }`;
  return {
    ...goodProject,
    ...configWith(
      `providers: { mine: { type: "openai-chat", baseUrl: ${url} } },`,
      `models: { small: { provider: "mine", ${price(1)} }, big: { provider: "mine", ${price(10)} } },`,
      'tiers: { standard: "small", smart: "big" },',
      'routes: { use: "v1", sets: {',
      '  v1: { otherwise: "standard" },',
      '  v2: { rules: [{ when: { metadata: { plan: "pro" } }, use: "smart" }], otherwise: "standard" },',
      "} },",
    ),
  };
}

function lastModel(): unknown {
  return (provider.ledger.requests.at(-1)?.body as { model?: unknown } | undefined)?.model;
}

describe("a gateway", () => {
  async function open(): Promise<OpenGateway> {
    const { log, logCall } = createLogger({ level: "silent", destination: { write: () => {} } });
    const folder = writeProject(projectFiles(JSON.stringify(provider.url)));
    const data = await createStoreFolder();
    const environment = readEnvironment({});
    const gateway = await openGateway({ folder, dataFolder: data.path, environment, sources: [], log, logCall });
    onTestFinished(async () => {
      await gateway.close();
      data.remove();
    });
    return gateway;
  }

  function chat(): ModelCall {
    return {
      model: "auto",
      messages: [{ role: "user", content: "Where is my parcel? It was sent two weeks ago." }],
      settings: {},
      foreign: {
        dialect: "openai-chat",
        body: {
          model: "auto",
          messages: [{ role: "user", content: "Where is my parcel? It was sent two weeks ago." }],
        },
      },
      metadata: { plan: "pro" },
      tenant: "t",
      requestId: createRequestId(0),
      signal: new AbortController().signal,
      stream: false,
    };
  }

  test("goes by the rule set in force from the moment that it is switched, and records which that was", async () => {
    const gateway = await open();
    const ask = async (): Promise<string> => {
      const call = chat();
      await gateway.callModel(call);
      return call.requestId;
    };
    const ids = [await ask()];
    expect(lastModel()).toBe("small");
    const declaredId = gateway.snapshot.id;
    await gateway.routing.use("v2");
    ids.push(await ask());
    expect(lastModel()).toBe("big");
    expect(gateway.snapshot.id).not.toBe(declaredId);
    await gateway.routing.rollback();
    ids.push(await ask());
    expect(lastModel()).toBe("small");
    await gateway.journal.flush();
    const records = await Promise.all(ids.map((id) => gateway.store.findRecord(id)));
    expect(records.map((record) => [record?.ruleSet, record?.rule, record?.tier])).toEqual([
      ["v1", "v1.otherwise", "standard"],
      ["v2", "v2.rules[0]", "smart"],
      ["v1", "v1.otherwise", "standard"],
    ]);
    expect(records[1]?.routeFeatures).toMatchObject({ metadata: { plan: "pro" }, tokens: expect.any(Number) });
    expect(records[1]?.snapshotId).not.toBe(records[0]?.snapshotId);
    const replayed = await gateway.routing.replay("v2", 0);
    expect(replayed).toMatchObject({ calls: 3, movedCalls: 2, isComplete: true });
    const moved = replayed.moves.find(({ to, from }) => to === "smart" && from === "standard");
    expect(moved?.estimated.microUsd).toBe(10 * moved!.recorded.microUsd);
  });

  test("learns from each answer how its model counts tokens", async () => {
    const gateway = await open();
    await gateway.callModel(chat());
    expect(gateway.listTokenEstimates()).toMatchObject([{ provider: "mine", model: "small", calls: 1 }]);
  });
});

test("the command line switches with and without a running server, and tries another set on what is recorded", async () => {
  const source = writeProject(projectFiles('process.env["UPSTREAM_URL"]'));
  const project = copyProject(provider.url, { source });
  onTestFinished(() => project.remove());
  const run = async (...args: readonly string[]): Promise<unknown> => {
    const { code, stdout, stderr } = await project.run([...args, "--json"]);
    return parseJson(code === 0 ? stdout : stderr);
  };
  expect(await run("routes", "list")).toMatchObject({ inForce: "v1", declared: "v1" });
  expect(await run("routes", "use", "v2")).toMatchObject({ inForce: "v2", previous: "v1" });
  expect(await run("routes", "use", "v3")).toMatchObject({ error: { code: "rule_set_not_found" } });
  expect((await project.run(["routes", "list"])).stdout).toMatch(/^v2 +1 +standard +in force$/m);
  const served = await project.serve();
  const ask = (): Promise<Response> =>
    fetch(`${served.url}/v1/chat/completions`, {
      method: "POST",
      headers: { "content-type": "application/json", "headgate-metadata": "plan=pro" },
      body: JSON.stringify({ model: "auto", messages: [{ role: "user", content: "Where is my parcel?" }] }),
    });
  expect((await ask()).status).toBe(200);
  expect(lastModel()).toBe("big");
  expect(await run("routes", "rollback")).toMatchObject({ inForce: "v1", previous: "v2" });
  await ask();
  expect(lastModel()).toBe("small");
  const moves = [
    { from: "smart", to: "standard", calls: 1 },
    { from: "standard", to: "standard", calls: 1 },
  ];
  const replayed = await run("replay", "--route", "v1", "--since", "1h");
  expect(replayed).toMatchObject({
    calls: 2,
    movedCalls: 1,
    moves: expect.arrayContaining(moves.map((move): unknown => expect.objectContaining(move))),
  });
  const text = (await project.run(["replay", "--route", "v2"])).stdout;
  expect(text).toContain("v2 would send 1 of 2 calls");
  expect(await run("models", "--estimates")).toMatchObject([
    { provider: "mine", model: "big", calls: 1 },
    { provider: "mine", model: "small", calls: 1 },
  ]);
  expect(await served.stop()).toBe(0);
  expect(await run("models", "--estimates")).toMatchObject({ error: { code: "not_ready" } });
  expect(await run("replay", "--route", "v1")).toEqual(expect.objectContaining({ calls: 2, movedCalls: 1 }));
  expect(await run("replay", "--route", "v1", "--since", "soon")).toMatchObject({
    error: { code: "request_invalid" },
  });
  expect(await run("replay")).toMatchObject({ error: { code: "request_invalid" } });
}, 120_000);
