import type { Exchange } from "./exchange.ts";
import { toFrames } from "./fault.ts";
import { toEmbeddings, toModerations } from "./dialects/openai-vectors.ts";
import { refusePrefill } from "./plan-answer.ts";
import { parseModelName } from "./model-script.ts";

/** Answers as a good provider would. */
export async function answerHealthy(exchange: Exchange): Promise<void> {
  const { request, writer, answer } = exchange;
  const refusal = refusePrefill({ request, script: parseModelName(request.model) });
  if (refusal) {
    await exchange.respondJson(400, writer.toErrorBody(refusal));
    return;
  }
  if (request.dialect === "openai-embeddings") {
    await exchange.respondJson(200, toEmbeddings(request));
    return;
  }
  if (request.dialect === "openai-moderations") {
    await exchange.respondJson(200, toModerations(request));
    return;
  }
  if (!request.isStream) {
    // A plain answer is paid for in time as a stream is.
    if (exchange.paceMs > 0) await exchange.sleep(exchange.paceMs * answer.usage.outputTokens);
    const written = exchange.respondJson(200, writer.toWhole(answer), usualHeaders);
    exchange.countAnswer();
    await written;
    return;
  }
  await exchange.openStream(usualHeaders);
  await exchange.send(toFrames(exchange));
  await exchange.closeStream();
}

const usualHeaders = { "x-request-id": "req_hostile", "openai-processing-ms": "1" };
