import { randomBytes } from "node:crypto";
import { createRequestId, sha256 } from "../ids.ts";
import type { KeyRow, KeyScope } from "../store/store.ts";

export interface NewKey {
  /** The whole key, shown to its owner once. */
  readonly secret: string;
  readonly row: KeyRow;
}

export interface KeyOptions {
  readonly name: string;
  /** @default "default" */
  readonly tenant?: string;
  /** @default none */
  readonly team?: string;
  /** @default ["call"] */
  readonly scopes?: readonly KeyScope[];
  readonly nowMs: number;
}

const keyBytes = 32;
const keyShape = /^hg_[A-Za-z0-9_-]{43}$/;

/** Makes a 256-bit client key; the row to store holds only its hash. */
export function createKey({ name, tenant = "default", team, scopes = ["call"], nowMs }: KeyOptions): NewKey {
  const secret = `hg_${randomBytes(keyBytes).toString("base64url")}`;
  return {
    secret,
    row: {
      id: createRequestId(nowMs),
      name,
      tenant,
      ...(team === undefined ? {} : { team }),
      scopes,
      sha256: sha256(secret),
      createdAtMs: nowMs,
    },
  };
}

export function isKeyShaped(text: string): boolean {
  return keyShape.test(text);
}
