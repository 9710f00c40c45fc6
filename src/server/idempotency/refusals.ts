import { HeadgateError } from "../../errors.ts";

const retryAfterMs = 1000;
const useAnotherKey = "Send the request with another key if it may be carried out once more.";

export function refuseConflict(): HeadgateError {
  return new HeadgateError("idempotency_conflict", {
    detail: "The first request with this key is still being answered. Send it again later: the answer is kept.",
    retryAfterMs,
  });
}

export function refuseMismatch(): HeadgateError {
  return new HeadgateError("idempotency_mismatch", {
    detail:
      "The key stands for a request with another body, or one that wanted its answer in another way. Use a key once.",
  });
}

/** Why the answer of a request that was begun cannot be given. */
export type Unknown = "interrupted" | "unkept" | "no-stream";

const details: Readonly<Record<Unknown, string>> = {
  interrupted: `The process that answered it ended: the models may have been called, or not. ${useAnotherKey}`,
  unkept: `It was carried out, but its answer was too large to be kept. ${useAnotherKey}`,
  "no-stream":
    "No stream that has the event of Last-Event-ID is kept. Send the request without Last-Event-ID to have it answered from the start.",
};

export function refuseUnknown(why: Unknown): HeadgateError {
  return new HeadgateError("idempotency_unknown", { detail: details[why] });
}
