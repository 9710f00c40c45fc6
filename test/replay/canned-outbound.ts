import type { ByteStream, Outbound } from "../../src/outbound.ts";

/** An outbound without sockets: every answer is the given bytes, in pieces that end at the given offsets. */
export function createCannedOutbound(contentType: string, body: Buffer, ends: readonly number[]): Outbound {
  return {
    request: () => Promise.resolve({ status: 200, headers: { "content-type": contentType }, body }),
    stream: () =>
      Promise.resolve({ status: 200, headers: { "content-type": contentType }, body: toByteStream(body, ends) }),
    close: () => Promise.resolve(),
  };
}

function toByteStream(body: Buffer, ends: readonly number[]): ByteStream {
  let at = 0;
  let piece = 0;
  return {
    next: () => {
      if (at >= body.length) return Promise.resolve(undefined);
      const start = at;
      at = ends[piece++] ?? body.length;
      return Promise.resolve(body.subarray(start, at));
    },
    collect: () => Promise.resolve(body),
    release: () => {},
    cancel: () => {},
  };
}
