import { existsSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { openAiVendors, type OpenAiVendor } from "../../endpoint/vendors.ts";
import { findQuirks, forModel, vendorQuirks } from "./quirks.ts";
import { toForeignMessages } from "./to-messages.ts";
import { createUrls } from "./urls.ts";

test.each([
  ["https://api.openai.com/v1", "OpenAI"],
  ["https://eu.api.openai.com/v1", "OpenAI"],
  ["https://my-resource.openai.azure.com", "Azure"],
  ["https://my-resource.services.ai.azure.com/models", "Azure"],
  ["https://api.groq.com/openai/v1", "Groq"],
  ["https://us-east-1.api.x.ai/v1", "xAI"],
  ["https://api.together.ai/v1", "Together"],
  ["https://generativelanguage.googleapis.com/v1beta/openai", "Google"],
  ["http://127.0.0.1:11434/v1", "the provider"],
  ["https://api.openai.com.example/v1", "the provider"],
])("%s is served by %s", (url, label) => {
  expect(findQuirks(undefined, new URL(url)).label).toBe(label);
});

test("the vendor that the config names wins over the host", () => {
  expect(findQuirks("groq", new URL("https://proxy.example/v1")).label).toBe("Groq");
});

test.each(Object.keys(openAiVendors))("%s has its quirks, and a page that tells them", (vendor) => {
  expect(vendorQuirks).toHaveProperty(vendor);
  expect(existsSync(join(import.meta.dirname, "../../../docs/providers", `${vendor}.md`))).toBe(true);
});

test("a family changes what it says and leaves the rest", () => {
  const { groq } = vendorQuirks;
  const family = forModel(groq, "openai/gpt-oss-120b");
  expect(family).toMatchObject({ label: "Groq", json: "schema", efforts: ["low", "medium", "high"] });
  expect(family.lacks).not.toContain("reasoningEffort");
  expect(forModel(groq, "another").lacks).toContain("reasoningEffort");
});

test("Google's signature goes back with its call, and to nobody else", () => {
  const toolCalls = [{ id: "c", name: "look", arguments: "{}", signature: "sig" }];
  const write = (name: keyof typeof vendorQuirks): unknown =>
    toForeignMessages([{ role: "assistant", content: "", toolCalls }], vendorQuirks[name], () => {})[0]?.["tool_calls"];
  expect(write("google")).toMatchObject([{ extra_content: { google: { thought_signature: "sig" } } }]);
  expect(write("openai")).toEqual([{ id: "c", type: "function", function: { name: "look", arguments: "{}" } }]);
});

test.each<[string, OpenAiVendor | undefined, string | undefined, string]>([
  ["https://a.test/v1", undefined, undefined, "https://a.test/v1/chat/completions"],
  ["https://a.test/v1/?x=1", undefined, undefined, "https://a.test/v1/chat/completions?x=1"],
  ["https://r.openai.azure.com", undefined, undefined, "https://r.openai.azure.com/openai/v1/chat/completions"],
  ["https://r.openai.azure.com/openai/", "azure", undefined, "https://r.openai.azure.com/openai/v1/chat/completions"],
  [
    "https://r.openai.azure.com",
    "azure",
    "2024-10-21",
    "https://r.openai.azure.com/openai/deployments/m%201%2Fb/chat/completions?api-version=2024-10-21",
  ],
  [
    "https://r.openai.azure.com/openai/deployments/own?api-version=2024-02-01",
    undefined,
    undefined,
    "https://r.openai.azure.com/openai/deployments/own/chat/completions?api-version=2024-02-01",
  ],
  [
    "https://r.openai.azure.com/openai/deployments/own/chat/completions?api-version=2024-02-01",
    undefined,
    undefined,
    "https://r.openai.azure.com/openai/deployments/own/chat/completions?api-version=2024-02-01",
  ],
  [
    "https://r.services.ai.azure.com/models",
    "azure",
    "2024-05-01-preview",
    "https://r.services.ai.azure.com/models/chat/completions?api-version=2024-05-01-preview",
  ],
])("%s of %s with version %s is asked at %s", (baseUrl, vendor, apiVersion, expected) => {
  const quirks = findQuirks(vendor, new URL(baseUrl));
  expect(createUrls(baseUrl, quirks, apiVersion)("/chat/completions", "m 1/b").href).toBe(expected);
});
