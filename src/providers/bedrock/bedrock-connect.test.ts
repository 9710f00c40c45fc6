import { createServer, type IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import { systemClock } from "../../clock.ts";
import { readEnvironment } from "../../config.ts";
import { connectProvider, listKeyNames } from "../../connect-provider.ts";
import type { BedrockOptions } from "../../endpoint/define-config.ts";
import { createOutbound } from "../../outbound.ts";
import { toBedrockRequest, toWhole } from "./scripted-bedrock-fixture.ts";

const seen: IncomingHttpHeaders[] = [];
const outbound = createOutbound();
const server = createServer((request, response) => {
  seen.push(request.headers);
  response.setHeader("content-type", "application/json").end(JSON.stringify(toWhole([{ text: "x" }])));
});
beforeAll(() => new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve)));
afterAll(async () => {
  await outbound.close();
  server.close();
});

async function ask(options: Partial<BedrockOptions>, variables: Record<string, string>): Promise<IncomingHttpHeaders> {
  const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const provider = connectProvider({
    name: "aws",
    options: { type: "bedrock", region: "eu-west-1", baseUrl, ...options },
    environment: readEnvironment(variables),
    outbound,
    clock: systemClock,
  });
  const signal = new AbortController().signal;
  await provider.generate(toBedrockRequest(), { signal, deadlineMs: Date.now() + 10_000, warn: () => {} });
  return seen.at(-1)!;
}

const aws = { AWS_ACCESS_KEY_ID: "AKID", AWS_SECRET_ACCESS_KEY: "secret" };

test("requests are signed with AWS's usual variables, for the region", async () => {
  const { authorization, ...headers } = await ask({}, aws);
  expect(authorization).toMatch(/^AWS4-HMAC-SHA256 Credential=AKID\/\d{8}\/eu-west-1\/bedrock\/aws4_request, /);
  expect(headers).not.toHaveProperty("x-amz-security-token");
  expect(await ask({}, { ...aws, AWS_SESSION_TOKEN: "token" })).toHaveProperty("x-amz-security-token", "token");
});

test("requests are signed with variables of other names, and with no token that is not named", async () => {
  const credentialsEnv = { accessKeyId: "MY_ID", secretAccessKey: "MY_SECRET" };
  const variables = { MY_ID: "MINE", MY_SECRET: "s", AWS_SESSION_TOKEN: "not mine" };
  const headers = await ask({ credentialsEnv }, variables);
  expect(headers.authorization).toContain("Credential=MINE/");
  expect(headers).not.toHaveProperty("x-amz-security-token");
});

test("an API key is sent as Bearer", async () => {
  const options = { apiKeyEnv: "AWS_BEARER_TOKEN_BEDROCK" };
  expect((await ask(options, { AWS_BEARER_TOKEN_BEDROCK: "k" })).authorization).toBe("Bearer k");
});

test.each([
  [{}, { AWS_ACCESS_KEY_ID: "AKID" }, "AWS_SECRET_ACCESS_KEY"],
  [{}, { AWS_SECRET_ACCESS_KEY: "s" }, "AWS_ACCESS_KEY_ID"],
  [{ apiKeyEnv: "MY_KEY" }, aws, "MY_KEY"],
])("without its variables the provider cannot be made: %o", async (options, variables, missing) => {
  await expect(ask(options, variables)).rejects.toMatchObject({
    code: "provider_auth",
    detail: `The provider aws needs the environment variable ${missing}.`,
  });
});

test("the variables that are needed are listed", () => {
  const options = { type: "bedrock", region: "eu-west-1" } as const;
  expect(listKeyNames(options)).toEqual(["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"]);
  expect(listKeyNames({ ...options, apiKeyEnv: "MY_KEY" })).toEqual(["MY_KEY"]);
});
