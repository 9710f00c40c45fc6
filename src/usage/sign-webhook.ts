import { createHmac } from "node:crypto";
import { HeadgateError } from "../errors.ts";

/** What is signed: a webhook in one attempt to send it. */
export interface SignedMessage {
  /** The same in each attempt. */
  readonly id: string;
  readonly timestampSeconds: number;
  readonly body: string;
}

const prefix = "whsec_";
const leastKeyBytes = 24;
const mostKeyBytes = 64;

/**
 * The keys in the text of an environment variable: a secret, or two with a space in between while receivers change to the
 * new one, and then both sign.
 * @throws HeadgateError `config_invalid` naming the variable
 */
export function parseWebhookSecrets(text: string, variable: string): readonly Buffer[] {
  return text
    .trim()
    .split(/\s+/)
    .map((secret) => {
      const encoded = secret.startsWith(prefix) ? secret.slice(prefix.length) : "";
      const key = Buffer.from(encoded, "base64");
      const isWhole = key.toString("base64").replace(/=+$/, "") === encoded.replace(/=+$/, "");
      if (isWhole && key.length >= leastKeyBytes && key.length <= mostKeyBytes) return key;
      throw new HeadgateError("config_invalid", {
        detail: `${variable} must be a webhook secret: ${prefix} and ${leastKeyBytes} to ${mostKeyBytes} random bytes in base64.`,
      });
    });
}

/** The headers of Standard Webhooks (https://www.standardwebhooks.com), signed with HMAC-SHA256 by each key. */
export function signWebhook(message: SignedMessage, keys: readonly Buffer[]): Readonly<Record<string, string>> {
  const { id, timestampSeconds, body } = message;
  const sign = (key: Buffer): string =>
    `v1,${createHmac("sha256", key).update(`${id}.${timestampSeconds}.${body}`).digest("base64")}`;
  return {
    "webhook-id": id,
    "webhook-timestamp": String(timestampSeconds),
    "webhook-signature": keys.map(sign).join(" "),
  };
}
