import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { systemClock } from "../../clock.ts";
import { readEnvironment } from "../../config.ts";
import { connectProvider } from "../../connect-provider.ts";
import { createOutbound } from "../../outbound.ts";
import { describeProvider } from "../../testing/provider-conformance.ts";
import { ask, openScriptedGemini, sayText, toContext, toRequest, type ScriptedGemini } from "./gemini-fixture.ts";

describeProvider("gemini", async () => {
  const upstream = await openScriptedGemini();
  const provider = upstream.connect();
  let next = "";
  return {
    // Whether the next call streams is known only once it is made.
    provider: {
      ...provider,
      generate: (request, context) => {
        if (next !== "") upstream.script(sayText(next, request.stream));
        next = "";
        return provider.generate(request, context);
      },
    },
    model: "gemini-3.5-flash",
    answerWith: (text) => {
      next = text;
    },
    close: () => upstream.close(),
  };
});

let upstream: ScriptedGemini;
beforeEach(async () => {
  upstream = await openScriptedGemini();
});
afterEach(() => upstream.close());

describe("the address", () => {
  test("names the model and the method; a stream asks for events", async () => {
    const provider = upstream.connect();
    await ask(provider);
    await ask(provider, toRequest({ stream: true }));
    expect(upstream.requests.map(({ path }) => path)).toEqual([
      "/v1beta/models/gemini-3.5-flash:generateContent",
      "/v1beta/models/gemini-3.5-flash:streamGenerateContent?alt=sse",
    ]);
  });

  test("takes a model's whole path as it is, and keeps the base's query", async () => {
    await ask(upstream.connect({ baseUrl: "/v1beta/?region=eu" }), toRequest({ model: "tunedModels/mine" }));
    await ask(upstream.connect({ baseUrl: "/v1beta/?region=eu" }), toRequest({ stream: true }));
    expect(upstream.requests.map(({ path }) => path)).toEqual([
      "/v1beta/tunedModels/mine:generateContent?region=eu",
      "/v1beta/models/gemini-3.5-flash:streamGenerateContent?region=eu&alt=sse",
    ]);
  });

  test.each(["../files", "models/../../x", "a//b", ""])("is never led elsewhere by the model %o", async (model) => {
    await expect(ask(upstream.connect(), toRequest({ model }))).rejects.toMatchObject({ code: "model_not_found" });
    expect(upstream.requests).toEqual([]);
  });

  test("holds whatever else a model's name may have as a part of the name", async () => {
    await ask(upstream.connect(), toRequest({ model: "a:b?c=d#e" }));
    expect(upstream.requests[0]?.path).toBe("/v1beta/models/a%3Ab%3Fc%3Dd%23e:generateContent");
  });
});

describe("the key", () => {
  test("goes into a header, never into the address", async () => {
    await ask(upstream.connect());
    expect(upstream.requests[0]?.headers).toMatchObject({ "x-goog-api-key": "secret-key" });
    expect(upstream.requests[0]?.headers["authorization"]).toBeUndefined();
    expect(upstream.requests[0]?.path).not.toContain("secret");
  });

  test("is a bearer token on Vertex", async () => {
    await ask(upstream.connect({ auth: "bearer", baseUrl: "/v1/projects/p/locations/l/publishers/google" }));
    expect(upstream.requests[0]?.path).toBe(
      "/v1/projects/p/locations/l/publishers/google/models/gemini-3.5-flash:generateContent",
    );
    expect(upstream.requests[0]?.headers).toMatchObject({ authorization: "Bearer secret-key" });
    expect(upstream.requests[0]?.headers["x-goog-api-key"]).toBeUndefined();
  });

  test("goes to Vertex in the same header where no token is used", async () => {
    const messages = [{ role: "user", content: [{ type: "file", url: "gs://bucket/a.pdf" }] }] as const;
    await ask(upstream.connect({ baseUrl: "/v1/publishers/google" }), toRequest({ messages }));
    expect(upstream.requests[0]).toMatchObject({
      path: "/v1/publishers/google/models/gemini-3.5-flash:generateContent",
      headers: { "x-goog-api-key": "secret-key" },
      body: { contents: [{ parts: [{ fileData: { fileUri: "gs://bucket/a.pdf" } }] }] },
    });
  });

  test("may be absent", async () => {
    await ask(upstream.connect({ apiKey: undefined }));
    expect(upstream.requests[0]?.headers["x-goog-api-key"]).toBeUndefined();
  });
});

test.each([
  [{ type: "gemini" }, { "x-goog-api-key": "from-environment" }],
  [
    { type: "gemini", vertex: { project: "p", location: "global" }, headers: { "x-more": "1" } },
    { authorization: "Bearer from-environment", "x-more": "1" },
  ],
] as const)("a config's %o is connected", async (options, headers) => {
  const environment = readEnvironment({ GEMINI_API_KEY: "from-environment" });
  const outbound = createOutbound();
  const own = { ...options, baseUrl: upstream.url };
  await ask(connectProvider({ name: "google", options: own, environment, outbound, clock: systemClock }));
  expect(upstream.requests[0]).toMatchObject({ path: "/v1beta/models/gemini-3.5-flash:generateContent", headers });
  await outbound.close();
});

describe("counting tokens", () => {
  const request = toRequest({
    messages: [
      { role: "system", content: "Be brief." },
      { role: "user", content: "Hi" },
    ],
    tools: [{ name: "f", parameters: { type: "object" } }],
    settings: { temperature: 1, toolChoice: "required" },
  });
  const counted = {
    contents: [{ role: "user", parts: [{ text: "Hi" }] }],
    systemInstruction: { parts: [{ text: "Be brief." }] },
    tools: [{ functionDeclarations: [{ name: "f", parametersJsonSchema: { type: "object" } }] }],
  };

  test("sends AI Studio a whole request, with instructions and tools", async () => {
    upstream.script({ body: { totalTokens: 31, promptTokensDetails: [{ modality: "TEXT", tokenCount: 31 }] } });
    expect(await upstream.connect().countTokens?.(request, toContext())).toBe(31);
    expect(upstream.requests[0]).toMatchObject({
      path: "/v1beta/models/gemini-3.5-flash:countTokens",
      body: { generateContentRequest: { model: "models/gemini-3.5-flash", ...counted } },
    });
  });

  test("sends Vertex the same fields beside each other", async () => {
    upstream.script({ body: { totalTokens: 31 } });
    expect(await upstream.connect({ auth: "bearer" }).countTokens?.(request, toContext())).toBe(31);
    expect(upstream.requests[0]?.body).toEqual(counted);
  });

  test("fails where there is no count", async () => {
    upstream.script({ body: { totalTokens: "many" } });
    await expect(upstream.connect().countTokens?.(request, toContext())).rejects.toMatchObject({
      code: "provider_protocol",
    });
  });
});
