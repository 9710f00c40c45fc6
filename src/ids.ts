import { hash, randomBytes } from "node:crypto";

/** A UUID version 7 (RFC 9562): sorts by creation time, which keeps the records' index append-only. */
export function createRequestId(nowMs: number): string {
  const bytes = takeRandom();
  bytes.writeUIntBE(nowMs, 0, 6);
  bytes[6] = 0x70 | (bytes[6]! & 0x0f);
  bytes[8] = 0x80 | (bytes[8]! & 0x3f);
  const hex = bytes.toString("hex");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

export function isUuid(value: string): boolean {
  return uuid.test(value);
}

export function sha256(text: string | Uint8Array): string {
  return hash("sha256", text, "hex");
}

const poolBytes = 4096;
let pool = Buffer.alloc(0);

// One system call per 256 ids instead of one per request.
function takeRandom(): Buffer {
  if (pool.length < 16) pool = randomBytes(poolBytes);
  const taken = pool.subarray(0, 16);
  pool = pool.subarray(16);
  return taken;
}
