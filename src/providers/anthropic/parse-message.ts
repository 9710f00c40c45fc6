import { HeadgateError } from "../../errors.ts";
import { sumParts, type Completion } from "../../reply.ts";
import { parseObject } from "../wire/parse-object.ts";
import { findInBandError } from "../wire/provider-failure.ts";
import { ContentReader } from "./content-reader.ts";
import { createUsageTally } from "./read-usage.ts";
import { toFinishReason } from "./to-finish-reason.ts";

/**
 * Reads a whole answer of status 2xx.
 * @throws HeadgateError `provider_protocol` if it is not a message; what the body reports if it carries an error
 */
export function parseMessage(peer: string, bytes: Buffer): Completion {
  const body = parseObject(bytes.toString(), peer, "answered with something");
  const failure = findInBandError(peer, body);
  if (failure) throw failure;
  if (!Array.isArray(body["content"])) {
    throw new HeadgateError("provider_protocol", { detail: `${peer} answered without a message.` });
  }
  const content = new ContentReader();
  const parts = content.readWhole(body["content"]);
  const tally = createUsageTally();
  tally.read(body["usage"]);
  const usage = tally.toUsage();
  const stopReason = typeof body["stop_reason"] === "string" ? body["stop_reason"] : undefined;
  return {
    ...sumParts(parts),
    finishReason: toFinishReason(stopReason, content.toolCallCount > 0),
    ...(stopReason === undefined ? {} : { rawFinishReason: stopReason }),
    ...(usage ? { usage } : {}),
  };
}
