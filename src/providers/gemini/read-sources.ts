import { isRecord } from "../../json.ts";
import type { Source } from "../../reply.ts";
import { toCount } from "./parse-usage.ts";

/**
 * Reads `groundingMetadata`: each web page, document or place with an address, with the first claim that rests on it.
 * @param answer the text so far; Google counts its bytes
 */
export function readSources(metadata: Readonly<Record<string, unknown>>, answer: string): Source[] {
  const { groundingChunks: chunks, groundingSupports: supports } = metadata;
  if (!Array.isArray(chunks)) return [];
  const claims = Array.isArray(supports) ? supports.filter(isRecord) : [];
  const bytes = claims.length === 0 ? undefined : Buffer.from(answer);
  return chunks.flatMap((chunk: unknown, index) => {
    const found = readAddress(chunk);
    if (!found) return [];
    const claim = claims.find(({ groundingChunkIndices: of }) => Array.isArray(of) && of.includes(index));
    return [{ ...found, ...(bytes && claim ? findClaim(claim["segment"], bytes) : {}) }];
  });
}

function readAddress(chunk: unknown): Source | undefined {
  if (!isRecord(chunk)) return undefined;
  const found = [chunk["web"], chunk["retrievedContext"], chunk["maps"]].find(isRecord);
  const url = found?.["uri"];
  if (typeof url !== "string" || url === "") return undefined;
  const title = found?.["title"];
  return typeof title === "string" && title !== "" ? { url, title } : { url };
}

// Offsets count from the part that holds the claim, so they are believed only where the claim is really found.
function findClaim(segment: unknown, bytes: Buffer): Pick<Source, "startIndex" | "endIndex"> {
  if (!isRecord(segment)) return {};
  const start = toCount(segment["startIndex"]) ?? 0;
  const claim = bytes.subarray(start, toCount(segment["endIndex"]) ?? start).toString();
  if (claim === "" || claim !== segment["text"]) return {};
  const startIndex = bytes.subarray(0, start).toString().length;
  return { startIndex, endIndex: startIndex + claim.length };
}
