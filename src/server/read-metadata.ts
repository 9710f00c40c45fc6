import { HeadgateError } from "../errors.ts";
import { isRecord } from "../json.ts";

const mostEntries = 16;
const mostNameChars = 64;
const mostValueChars = 512;

/** Texts of a body's `metadata`, as OpenAI and Anthropic have it; what is no text there is not for routing. */
export function readMetadata(metadata: unknown): Readonly<Record<string, string>> {
  if (!isRecord(metadata)) return {};
  const texts = Object.entries(metadata).filter(
    (entry): entry is [string, string] =>
      typeof entry[1] === "string" && entry[0].length <= mostNameChars && entry[1].length <= mostValueChars,
  );
  return Object.fromEntries(texts.slice(0, mostEntries));
}

/**
 * `Headgate-Metadata: task=coding, project="Blue river"`: a dictionary of tokens and strings (RFC 9651, section 3.2).
 * @throws HeadgateError `request_invalid`
 */
export function readMetadataHeader(header: string | readonly string[] | undefined): Readonly<Record<string, string>> {
  if (header === undefined) return {};
  const text = typeof header === "string" ? header : header.join(", ");
  const metadata = new Map<string, string>();
  let at = 0;
  while (at < text.length) {
    member.lastIndex = at;
    const found = member.exec(text);
    const [whole, name, token, quoted] = found ?? [];
    if (whole === undefined || name === undefined) throw malformed();
    const value = token ?? quoted?.replaceAll(/\\(["\\])/g, "$1") ?? "true";
    if (name.length > mostNameChars || value.length > mostValueChars) throw malformed();
    metadata.set(name, value);
    at += whole.length;
  }
  if (metadata.size > mostEntries) throw malformed();
  return Object.fromEntries(metadata);
}

const member =
  /[ \t]*([a-z*][\w.*-]*)(?:=(?:([\w!#$%&'*+.^`|~:/-]+)|"((?:[\x20\x21\x23-\x5b\x5d-\x7e]|\\["\\])*)"))?[ \t]*(?:,|$)/y;

function malformed(): HeadgateError {
  return new HeadgateError("request_invalid", {
    detail: `Headgate-Metadata is made of name=value, name="a text", at most ${mostEntries} of them, names in lower case.`,
  });
}
