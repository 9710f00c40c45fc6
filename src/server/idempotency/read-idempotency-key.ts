import { HeadgateError } from "../../errors.ts";

const mostChars = 255;

/** A String of RFC 9651, section 3.3.3: printable ASCII, with `\` before a quote and before itself. */
const quoted = /^"((?:[\x20\x21\x23-\x5b\x5d-\x7e]|\\["\\])*)"$/;

/** What clients send that do not quote: no blanks, and nothing that a list, a parameter or a quoted text is made of. */
const bare = /^[\x21\x23-\x2b\x2d-\x3a\x3c-\x5b\x5d-\x7e]+$/;

/**
 * The key in an Idempotency-Key header. A key means the same quoted and bare.
 * @throws HeadgateError `idempotency_key_invalid`
 */
export function readIdempotencyKey(header: string | readonly string[]): string {
  const text = (typeof header === "string" ? header : header.join(", ")).trim();
  const key = quoted.exec(text)?.[1]?.replaceAll(/\\(["\\])/g, "$1") ?? bare.exec(text)?.[0] ?? "";
  if (key.length >= 1 && key.length <= mostChars) return key;
  throw new HeadgateError("idempotency_key_invalid", {
    detail: `Send one key of 1 to ${mostChars} printable ASCII characters, such as a UUID: quoted as in "my \\"key\\"", or bare if it has no blank, comma, semicolon, quote or backslash.`,
  });
}
