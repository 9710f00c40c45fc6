import { timingSafeEqual } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { HeadgateError } from "../errors.ts";
import { sha256 } from "../ids.ts";
import type { KeyScope } from "../store/store.ts";
import type { KeyRing } from "./key-ring.ts";
import { requireLoopback } from "./require-loopback.ts";

/** Who a request comes from, and what they may do. */
export interface Principal {
  readonly tenant: string;
  readonly keyId?: string;
  readonly keyName?: string;
  readonly team?: string;
  readonly scopes: readonly KeyScope[];
}

export interface AuthenticateOptions {
  readonly auth: "keys" | "open";
  readonly adminToken?: string;
  readonly keys: KeyRing;
}

/** @throws HeadgateError `key_missing`, `key_invalid`, `scope_missing`, `origin_forbidden`, `not_ready` */
export type Authenticate = (request: IncomingMessage, scope: KeyScope) => Principal;

const local: Principal = { tenant: "local", scopes: ["call", "admin"] };

export function createAuthenticate({ auth, adminToken, keys }: AuthenticateOptions): Authenticate {
  const isAdminToken = adminToken === undefined ? () => false : createTokenCheck(adminToken);

  function identify(request: IncomingMessage): Principal {
    if (auth === "open") {
      requireLoopback(request);
      return local;
    }
    const secret = readSecret(request);
    if (isAdminToken(secret)) return local;
    if (!keys.isLoaded) throw new HeadgateError("not_ready", { detail: "The API keys are not loaded yet." });
    const key = keys.find(secret);
    if (!key) throw new HeadgateError("key_invalid");
    return { tenant: key.tenant, keyId: key.id, keyName: key.name, team: key.team, scopes: key.scopes };
  }

  return function authenticate(request, scope) {
    const principal = identify(request);
    if (!principal.scopes.includes(scope))
      throw new HeadgateError("scope_missing", { detail: `This route needs a key with the scope "${scope}".` });
    return principal;
  };
}

/** The key of either header: older clients of Anthropic's API send `x-api-key`, most others `Authorization`, some both. */
function readSecret(request: IncomingMessage): string {
  const fromBearer = readBearer(request);
  const fromApiKey = readApiKey(request);
  const secret = fromBearer ?? fromApiKey;
  if (secret === undefined)
    throw new HeadgateError("key_missing", {
      detail: 'Send the header "Authorization: Bearer <key>" or "x-api-key: <key>".',
    });
  if (fromBearer !== undefined && fromApiKey !== undefined && fromBearer !== fromApiKey)
    throw new HeadgateError("key_invalid", { detail: "The Authorization and x-api-key headers have different keys." });
  return secret;
}

const bearer = /^Bearer +([\x21-\x7e]+) *$/i;

function readBearer(request: IncomingMessage): string | undefined {
  const header = request.headers.authorization;
  if (header === undefined) return undefined;
  const secret = bearer.exec(header)?.[1];
  if (secret === undefined)
    throw new HeadgateError("key_invalid", { detail: "The Authorization header is not a Bearer key." });
  return secret;
}

function readApiKey(request: IncomingMessage): string | undefined {
  const header = request.headers["x-api-key"];
  if (header === undefined) return undefined;
  // Node joins repeated headers by a comma and a space, which no key has.
  if (typeof header !== "string" || !/^[\x21-\x7e]+$/.test(header))
    throw new HeadgateError("key_invalid", { detail: "The x-api-key header is not a key." });
  return header;
}

// Hashes have one length, and comparing them in constant time tells nothing of the token.
function createTokenCheck(token: string): (secret: string) => boolean {
  if (token.length < 32)
    throw new HeadgateError("config_invalid", { detail: "The admin token is shorter than 32 characters." });
  const wanted = Buffer.from(sha256(token));
  return (secret) => secret.length === token.length && timingSafeEqual(Buffer.from(sha256(secret)), wanted);
}
