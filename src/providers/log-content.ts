import type { Completion, Part, Reply } from "../reply.ts";
import { collect } from "../reply.ts";
import type { ModelRequest, Provider } from "./provider.ts";

/** One model call with its content. Only ever made when content is switched on. */
export interface ModelExchange {
  readonly provider: string;
  readonly model: string;
  readonly messages: ModelRequest["messages"];
  /** What the model wrote, as far as it came. */
  readonly text: string;
  readonly toolCalls: Completion["toolCalls"];
}

/** Wraps a provider so that every exchange with the model is told, prompt and answer. A relay's raw bytes are not. */
export function logContent(provider: Provider, onExchange: (exchange: ModelExchange) => void): Provider {
  return {
    ...provider,
    generate: async (request, context) => {
      const reply = await provider.generate(request, context);
      const tell = ({ text, toolCalls }: Pick<Completion, "text" | "toolCalls">): void => {
        onExchange({ provider: provider.name, model: request.model, messages: request.messages, text, toolCalls });
      };
      if (!reply.whole) return { ...reply, parts: copyParts(reply, tell) };
      tell(reply.whole);
      return reply;
    },
  };
}

async function* copyParts(reply: Reply, tell: (completion: Completion) => void): AsyncGenerator<Part> {
  const seen: Part[] = [];
  try {
    for await (const part of reply.parts) {
      if (part.type !== "raw") seen.push(part);
      yield part;
    }
  } finally {
    tell(await collect({ parts: toStream(seen) }));
  }
}

async function* toStream(parts: readonly Part[]): AsyncGenerator<Part> {
  yield* parts;
}
