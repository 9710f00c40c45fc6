import { sumParts, type Completion } from "../../reply.ts";
import { HeadgateError } from "../../errors.ts";
import { isRecord } from "../../json.ts";
import { parseObject } from "../wire/parse-object.ts";
import { ContentReader, type ContentReaderOptions } from "./content-reader.ts";
import { parseUsage } from "./parse-usage.ts";

/** Reads a whole answer of status 2xx. @throws HeadgateError `provider_protocol` if it is not one */
export function parseAnswer(peer: string, bytes: Buffer, options: ContentReaderOptions): Completion {
  const body = parseObject(bytes.toString(), peer, "answered with something");
  const message = isRecord(body["output"]) ? body["output"]["message"] : undefined;
  if (!isRecord(message) || !Array.isArray(message["content"])) {
    throw new HeadgateError("provider_protocol", { detail: `${peer} answered without a message.` });
  }
  const content = new ContentReader(options);
  const parts = message["content"].filter(isRecord).flatMap((block) => content.readWhole(block));
  const stopReason = typeof body["stopReason"] === "string" ? body["stopReason"] : undefined;
  const usage = parseUsage(body["usage"], body["serviceTier"]);
  return {
    ...sumParts(parts),
    finishReason: content.toFinishReason(stopReason),
    ...(stopReason === undefined ? {} : { rawFinishReason: stopReason }),
    ...(usage ? { usage } : {}),
  };
}
