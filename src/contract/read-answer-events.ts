import { createEventDecoder } from "../event-stream.ts";
import type { StreamEvent } from "../event-stream.ts";
import { isRecord, parseJson } from "../json.ts";
import type { Answer } from "./answer.ts";
import { applyDelta } from "./apply-delta.ts";
import type { Delta } from "./apply-delta.ts";
import type { Problem } from "./problem.ts";

/** What happens to an answer while it grows. `partial` holds its output fields so far: one object that grows in place. */
export type ClientEvent<Output = Record<string, unknown>> =
  | {
      readonly type: "delta";
      /** JSON Pointer of the field that grew. */
      readonly path: string;
      readonly append?: string;
      readonly set?: unknown;
      readonly partial: Partial<Output>;
    }
  /** Everything so far is void; the answer starts anew. */
  | { readonly type: "reset"; readonly reason: string; readonly partial: Partial<Output> }
  | { readonly type: "done"; readonly answer: Answer<Output> };

type WireEvent<Output> = ClientEvent<Output> | { readonly type: "error"; readonly problem: Problem };

/** Reads an endpoint's event stream. Events of unknown name are skipped, as the contract asks. */
export async function* readAnswerEvents<Output>(
  response: Response,
): AsyncGenerator<WireEvent<Output>, void, undefined> {
  const events: StreamEvent[] = [];
  const decoder = createEventDecoder((event) => events.push(event));
  let partial: Record<string, unknown> = {};
  for await (const bytes of readBytes(response)) {
    decoder.feed(bytes);
    for (const { event, data } of events.splice(0)) {
      const fields = parseJson(data);
      if (!isRecord(fields)) continue;
      if (event === "delta") {
        applyDelta(partial, fields as unknown as Delta);
        yield { ...fields, type: "delta", partial } as unknown as WireEvent<Output>;
      } else if (event === "reset") {
        partial = {};
        yield { type: "reset", reason: String(fields["reason"]), partial: partial as Partial<Output> };
      } else if (event === "done") yield { type: "done", answer: fields as Answer<Output> };
      else if (event === "error") yield { type: "error", problem: fields as unknown as Problem };
    }
  }
}

async function* readBytes(response: Response): AsyncGenerator<Uint8Array, void, undefined> {
  if (!response.body) return;
  const reader = response.body.getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      yield value as Uint8Array;
    }
  } finally {
    // Also when the loop over the events is left early: the server sees it and stops the model.
    await reader.cancel().catch(() => {});
  }
}
