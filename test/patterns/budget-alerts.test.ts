import { expect, onTestFinished, test } from "vitest";
import { readEnvironment } from "../../src/config.ts";
import { openGateway } from "../../src/gateway.ts";
import type { GatewayOptions } from "../../src/gateway.ts";
import { createRequestId } from "../../src/ids.ts";
import { parseJson } from "../../src/json.ts";
import { createLogger } from "../../src/telemetry/logger.ts";
import { createHostileReceiver } from "../../src/testing/hostile-provider/hostile-receiver.ts";
import { createScriptedProvider } from "../../src/testing/scripted-provider.ts";
import { createStoreFolder } from "../../src/testing/store-folder.ts";

const secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

async function setup(alertUrl: string, environment: Readonly<Record<string, string>>): Promise<GatewayOptions> {
  const provider = await createScriptedProvider({ answer: () => ({ text: "Short." }) });
  const folder = await createStoreFolder();
  onTestFinished(async () => {
    await provider.close();
    folder.remove();
  });
  const { log, logCall } = createLogger({ level: "silent", destination: { write: () => {} } });
  return {
    config: {
      providers: { mine: { type: "openai-chat", baseUrl: provider.url } },
      models: { m: { provider: "mine", price: { inputPerMillionUsd: 0, outputPerMillionUsd: 0, perRequestUsd: 2 } } },
      tiers: {},
      budgets: {
        team: { per: "team", usd: 10, window: "month", alertAt: [0.2, 0.4], alertUrl, alertSecretEnv: "ALERTS" },
      },
    },
    dataFolder: folder.path,
    environment: readEnvironment(environment),
    sources: [],
    log,
    logCall,
  };
}

test("calls that take a budget over a threshold have its receiver told", async () => {
  const receiver = await createHostileReceiver();
  onTestFinished(() => receiver.close());
  const gateway = await openGateway(await setup(`${receiver.url}/alerts`, { ALERTS: secret }));
  onTestFinished(() => gateway.close());
  const call = async (): Promise<void> => {
    const messages = [{ role: "user" as const, content: "Hi" }];
    await gateway.callModel({
      model: "m",
      messages,
      settings: { maxOutputTokens: 10 },
      foreign: { dialect: "openai-chat", body: { model: "m", messages, max_tokens: 10 } },
      tenant: "t",
      team: "news",
      requestId: createRequestId(Date.now()),
      signal: new AbortController().signal,
      stream: false,
    });
  };
  await call();
  const [first] = await receiver.waitFor((list) => list.length === 1 && list);
  await call();
  const [, second] = await receiver.waitFor((list) => list.length === 2 && list);
  expect([first, second].map((delivery) => parseJson(delivery?.body ?? ""))).toMatchObject([
    { type: "budget.threshold", data: { budget: "team", subject: "news", threshold: 0.2, spent: 2_000_000 } },
    { type: "budget.threshold", data: { budget: "team", subject: "news", threshold: 0.4, spent: 4_000_000 } },
  ]);
});

test("alerts whose secret is not there keep the project from starting", async () => {
  const opening = openGateway(await setup("http://127.0.0.1:1/", {}));
  await expect(opening).rejects.toMatchObject({ code: "config_invalid", message: expect.stringContaining("ALERTS") });
});
