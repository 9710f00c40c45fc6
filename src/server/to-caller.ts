import type { IncomingHttpHeaders } from "node:http";
import type { FastifyRequest } from "fastify";
import type { CacheControl } from "../call.ts";
import type { Caller } from "../gateway.ts";
import { readMetadata, readMetadataHeader } from "./read-metadata.ts";

/**
 * Who sends the request, and what it says of itself.
 * @param said metadata in the request's body, where its dialect has some; the header wins
 * @throws HeadgateError `request_invalid`
 */
export function toCaller(request: FastifyRequest, stream: boolean, said?: unknown): Caller {
  const { tenant, keyId, keyName, team } = request.principal;
  const metadata = { ...readMetadata(said), ...readMetadataHeader(request.headers["headgate-metadata"]) };
  const cacheControl = readCacheControl(request.headers);
  const { rateTicket } = request;
  return {
    tenant,
    ...(keyId === undefined ? {} : { keyId }),
    ...(keyName === undefined ? {} : { keyName }),
    ...(team === undefined ? {} : { team }),
    ...(Object.keys(metadata).length === 0 ? {} : { metadata }),
    ...(cacheControl ? { cacheControl } : {}),
    ...(rateTicket ? { onUsed: (tokens) => rateTicket.settle(tokens) } : {}),
    requestId: request.id,
    signal: request.cancellation,
    stream,
  };
}

/** RFC 9111, section 5.2.1; what is not known there is ignored, as it says. */
function readCacheControl({ "cache-control": header }: IncomingHttpHeaders): CacheControl | undefined {
  if (header === undefined) return undefined;
  const directives = new Map(
    header.split(",").map((directive) => {
      const [name = "", value = ""] = directive.trim().toLowerCase().split("=", 2);
      return [name, value.replaceAll('"', "")] as const;
    }),
  );
  const maxAge = directives.get("max-age") ?? "";
  return {
    ...(directives.has("no-cache") ? { noCache: true } : {}),
    ...(directives.has("no-store") ? { noStore: true } : {}),
    ...(directives.has("only-if-cached") ? { onlyIfCached: true } : {}),
    ...(/^\d{1,10}$/.test(maxAge) ? { maxAgeSeconds: Number(maxAge) } : {}),
  };
}
