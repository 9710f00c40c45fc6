export interface InlineData {
  readonly mimeType: string;
  /** As in the URL: not checked. */
  readonly base64: string;
}

const dataUrl = /^data:([^;,]*)(?:;[^;,]*)*;base64,/i;

/** Undefined for a URL that is not a `data:` URL with base64. */
export function parseDataUrl(url: string): InlineData | undefined {
  const [head, mimeType = ""] = dataUrl.exec(url) ?? [];
  return head === undefined ? undefined : { mimeType: mimeType || "text/plain", base64: url.slice(head.length) };
}
