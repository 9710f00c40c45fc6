import type { IncomingMessage } from "node:http";
import { HeadgateError } from "../errors.ts";

/**
 * Keeps web pages away from a server without keys. A page of a foreign site can reach loopback by pointing its own name at
 * 127.0.0.1 (DNS rebinding, seen in Host) or by a plain cross-site request (seen in Origin).
 * @throws HeadgateError `origin_forbidden`
 */
export function requireLoopback(request: IncomingMessage): void {
  const host = request.headers.host;
  if (host === undefined || !isLoopbackHost(host))
    throw new HeadgateError("origin_forbidden", {
      detail: "Without keys the server answers only to a loopback Host, such as 127.0.0.1 or localhost.",
    });
  const origin = request.headers.origin;
  if (origin !== undefined && origin !== `http://${host}` && origin !== `https://${host}`)
    throw new HeadgateError("origin_forbidden", { detail: "Without keys the server answers no other site's pages." });
}

const loopbackName = /^(?:localhost|(?:[a-z0-9-]+\.)+localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::\d{1,5})?$/i;

function isLoopbackHost(host: string): boolean {
  return loopbackName.test(host);
}

const loopbackAddress = /^(?:localhost|127(?:\.\d{1,3}){3}|::1)$/i;

/** True for what only the same machine can connect to. */
export function isLoopbackAddress(host: string): boolean {
  return loopbackAddress.test(host);
}
