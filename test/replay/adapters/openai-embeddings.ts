import { openAiVendors, type OpenAiVendor } from "../../../src/endpoint/vendors.ts";
import { parseJson } from "../../../src/json.ts";
import { createOpenAiChatProvider } from "../../../src/providers/openai-chat/openai-chat.ts";
import type { Expected, ReplayAdapter } from "../adapter.ts";
import { bodyOf, type Recording } from "../recording.ts";

interface Foreign {
  readonly data: readonly { readonly embedding: string | readonly number[] }[];
  readonly usage?: { readonly prompt_tokens?: number };
}

function expectEmbeddings(recording: Recording): Expected {
  const { status } = recording.response;
  if (status === 401 || status === 403) return { type: "failure", code: "provider_auth" };
  const { data, usage } = parseJson(bodyOf(recording).toString()) as Foreign;
  const first = data[0]!.embedding;
  const dimensions = typeof first === "string" ? Buffer.from(first, "base64").length / 4 : first.length;
  return { type: "embeddings", count: data.length, dimensions, inputTokens: usage?.prompt_tokens };
}

function byHand(id: string, body: unknown, status = 200): Recording {
  return {
    id,
    provider: "hand",
    request: { method: "POST", host: "h", path: "/v1/embeddings" },
    response: { status, body },
    meta: { endpoint: "openai.embeddings" },
  };
}

export const openAiEmbeddingsAdapter: ReplayAdapter = {
  name: "openai-embeddings",
  covers: ({ meta }) => meta.endpoint === "openai.embeddings",
  create: ({ url, recording, outbound, clock }) => {
    const vendor = recording.provider in openAiVendors ? (recording.provider as OpenAiVendor) : undefined;
    return createOpenAiChatProvider({ name: "replay", baseUrl: `${url}/v1`, vendor, outbound, clock });
  },
  expect: expectEmbeddings,
  handWritten: [
    byHand("numbers", { data: [{ index: 0, embedding: [0.5, -0.25, 1] }], usage: { prompt_tokens: 3 } }),
    byHand("base64", { data: [{ index: 0, embedding: "AAAAPwAAgL4=" }], usage: { prompt_tokens: 3 } }),
    byHand("without-usage", { data: [{ embedding: [0.5] }] }),
    byHand("refused", { error: { code: "401", message: "Denied." } }, 401),
  ],
};
