import type { Exchange, Headers } from "./exchange.ts";
import { sendAnswer } from "./fault.ts";
import { toEmbeddings, toModerations } from "./dialects/openai-vectors.ts";
import { refusePrefill } from "./plan-answer.ts";
import { parseModelName } from "./model-script.ts";

/** Answers as a good provider would. */
export async function answerHealthy(exchange: Exchange, headers?: Headers): Promise<void> {
  const { request, writer, answer } = exchange;
  const refusal = refusePrefill({ request, script: parseModelName(request.model) });
  if (refusal) {
    await exchange.respondJson(400, writer.toErrorBody(refusal));
    return;
  }
  if (request.dialect === "openai-embeddings") {
    await exchange.respondJson(200, toEmbeddings(request), headers);
    return;
  }
  if (request.dialect === "openai-moderations") {
    await exchange.respondJson(200, toModerations(request), headers);
    return;
  }
  // A plain answer takes the time that a stream would.
  if (!request.isStream && exchange.paceMs > 0) await exchange.sleep(exchange.paceMs * answer.usage.outputTokens);
  await sendAnswer(exchange, answer, headers);
}
