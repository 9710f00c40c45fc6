import { randomBytes } from "node:crypto";
import type { FastifyRequest } from "fastify";
import { toCanonicalJson } from "../../canonical-json.ts";
import { sha256 } from "../../ids.ts";
import type { NewClaim } from "./claims.ts";

/**
 * What a request claims. Keys of two tenants, API keys or routes never meet; the same request is one with the same JSON
 * that wants its answer in the same way, whole or streamed.
 */
export function nameRequest(request: FastifyRequest, key: string, expiresAtMs: number): NewClaim {
  const { tenant, keyId = null } = request.principal;
  const { method, routeOptions, params, body, headers } = request;
  const wantsEvents = headers.accept?.includes("text/event-stream") ?? false;
  return {
    tenant,
    keySha256: sha256(JSON.stringify([tenant, keyId, method, routeOptions.url, params, key])),
    requestSha256: sha256(`${wantsEvents}\n${toCanonicalJson(body)}`),
    run: randomBytes(6).toString("hex"),
    expiresAtMs,
  };
}
