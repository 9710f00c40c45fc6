import { randomBytes } from "node:crypto";
import { expect, test } from "vitest";
import { parseWebhookSecrets, signWebhook } from "./sign-webhook.ts";

// Of the reference libraries' tests.
const secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const message = { id: "msg_p5jXN8AQM9LWM0D4loKWxJek", timestampSeconds: 1614265330, body: '{"test": 2432232314}' };
const signature = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";

test("a message is signed as the reference libraries do", () => {
  expect(signWebhook(message, parseWebhookSecrets(secret, "ALERTS"))).toEqual({
    "webhook-id": message.id,
    "webhook-timestamp": "1614265330",
    "webhook-signature": signature,
  });
});

test("two secrets sign both", () => {
  const other = `whsec_${randomBytes(32).toString("base64")}`;
  const headers = signWebhook(message, parseWebhookSecrets(`${other} ${secret}`, "ALERTS"));
  const [first, second, ...none] = headers["webhook-signature"]!.split(" ");
  expect([second, none]).toEqual([signature, []]);
  expect(first).toMatch(/^v1,/);
  expect(first).not.toBe(signature);
});

test.each([
  "",
  "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
  "whsec_",
  "whsec_c2hvcnQ=",
  "whsec_not base64 at all",
  `whsec_${"A".repeat(100)}`,
  `${secret} x`,
])("%j is no secret, and the error tells how one looks but not what it was", (text) => {
  expect(() => parseWebhookSecrets(text, "ALERTS")).toThrow(
    "ALERTS must be a webhook secret: whsec_ and 24 to 64 random bytes in base64.",
  );
});
