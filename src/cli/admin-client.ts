import { systemClock } from "../clock.ts";
import { parseJson } from "../json.ts";
import { createOutbound } from "../outbound.ts";
import { toServerFailure } from "./server-failure.ts";

interface AdminRequest {
  readonly method: "GET" | "POST" | "DELETE";
  readonly path: string;
  readonly body?: unknown;
}

/** Sends one request to the running server's admin API and returns its JSON, or undefined for an empty answer. */
export type AdminClient = (request: AdminRequest) => Promise<unknown>;

const timeoutMs = 30_000;
const maxBytes = 16 * 1024 * 1024;

/** Connections live as long as `use` runs. @throws HeadgateError the server's own, with its code */
export async function withAdminClient<T>(
  server: { readonly url: string; readonly adminToken: string },
  use: (client: AdminClient) => Promise<T>,
): Promise<T> {
  const outbound = createOutbound();
  try {
    return await use(async ({ method, path, body }) => {
      const answer = await outbound.request({
        method,
        url: new URL(path, server.url),
        headers: {
          accept: "application/json",
          authorization: `Bearer ${server.adminToken}`,
          ...(body === undefined ? {} : { "content-type": "application/json" }),
        },
        body: body === undefined ? undefined : JSON.stringify(body),
        signal: AbortSignal.timeout(timeoutMs),
        deadlineMs: systemClock.now() + timeoutMs,
        maxBytes,
        peer: "The running server",
      });
      const value = answer.body.length === 0 ? undefined : parseJson(answer.body.toString("utf8"));
      if (answer.status >= 400) throw toServerFailure(answer.status, value);
      return value;
    });
  } finally {
    await outbound.close();
  }
}
