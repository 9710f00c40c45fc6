import type { Ask } from "./pressure-client.ts";

const question = "Tell me of the bridge.";

export function askEndpoint(name: string, isStream: boolean): Ask {
  const accept = isStream ? "text/event-stream" : "application/json";
  return { path: `/api/${name}/v1`, accept, body: JSON.stringify({ text: question }) };
}

export function askChat(model: string, isStream: boolean): Ask {
  const messages = [{ role: "user", content: question }];
  return { path: "/v1/chat/completions", body: JSON.stringify({ model, messages, stream: isStream }) };
}

export function askMessages(model: string, isStream: boolean): Ask {
  const messages = [{ role: "user", content: question }];
  return { path: "/v1/messages", body: JSON.stringify({ model, messages, max_tokens: 100_000, stream: isStream }) };
}
