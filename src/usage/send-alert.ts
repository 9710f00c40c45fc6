import type { Clock } from "../clock.ts";
import type { Environment } from "../config.ts";
import type { Budget } from "../endpoint/snapshot.ts";
import { HeadgateError } from "../errors.ts";
import type { Outbound } from "../outbound.ts";
import { parseRetryAfter } from "../providers/wire/parse-retry-after.ts";
import type { DueAlert } from "../store/budget-alert.ts";
import { parseWebhookSecrets, signWebhook } from "./sign-webhook.ts";

export interface SendOptions {
  readonly outbound: Pick<Outbound, "stream">;
  readonly clock: Clock;
  readonly secret: Environment["secret"];
  /** Aborts when the process stops. */
  readonly signal: AbortSignal;
}

/** What became of one attempt. `refused`: the receiver wants no more of it. */
export type SendResult =
  | { readonly type: "delivered" | "refused" }
  | { readonly type: "failed"; readonly why: string; readonly retryAfterMs?: number };

const timeoutMs = 15_000;
const maxBytes = 64 * 1024;
const gone = 410;

/** Sends an alert once to the budget's `alertUrl`. Only a 2xx is a success; redirects are not followed. Never rejects. */
export async function sendAlert(alert: DueAlert, budget: Budget, options: SendOptions): Promise<SendResult> {
  const { outbound, clock, secret, signal } = options;
  const { alertUrl = "", alertSecretEnv = "" } = budget;
  try {
    const keys = parseWebhookSecrets(secret(alertSecretEnv) ?? "", alertSecretEnv);
    const timestampSeconds = Math.floor(clock.now() / 1000);
    const answer = await outbound.stream({
      method: "POST",
      url: alertUrl,
      headers: {
        "content-type": "application/json",
        ...signWebhook({ id: alert.id, timestampSeconds, body: alert.body }, keys),
      },
      body: alert.body,
      signal,
      deadlineMs: clock.now() + timeoutMs,
      maxBytes,
      peer: "The receiver of alerts",
    });
    // What it says does not matter.
    answer.body.release();
    if (answer.status >= 200 && answer.status < 300) return { type: "delivered" };
    if (answer.status === gone) return { type: "refused" };
    const retryAfterMs = parseRetryAfter(answer.headers, clock.now());
    return { type: "failed", why: `status ${answer.status}`, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) };
  } catch (error) {
    return { type: "failed", why: HeadgateError.from(error).message };
  }
}
