import { toFrame, type Frame } from "../answer.ts";
import type { Failure, FailureKind } from "../dialects/dialect.ts";
import type { Exchange } from "../exchange.ts";
import {
  cutFrames,
  defineFaults,
  modelDialects,
  sendFrames,
  toFrames,
  type FaultRow,
  type ScriptedFault,
} from "../fault.ts";

const withSeparateDone = modelDialects.filter((dialect) => dialect !== "openai-responses");

const inBandKinds: Readonly<Record<string, FailureKind>> = {
  overloaded: "overloaded",
  "rate-limit": "rate-limit",
  api: "api",
  unknown: "unknown",
};

const messages: Readonly<Partial<Record<FailureKind, string>>> = {
  overloaded: "Overloaded",
  "rate-limit": "Rate limit reached.",
  api: "Internal server error",
  unknown: "Something went wrong that has no name.",
};

/** F: streams that end in the wrong way, or whose events are damaged. */
export const endingFaults: readonly ScriptedFault[] = defineFaults({ group: "F", appliesTo: "stream" }, [
  {
    name: "fin",
    what: "The connection is closed in good order after some tokens, or after half of a plain body.",
    appliesTo: "both",
    params: "after=3",
    run: (exchange) => breakOff(exchange, () => exchange.fin()),
  },
  {
    name: "reset",
    what: "The connection is reset after some tokens, or after half of a plain body.",
    appliesTo: "both",
    params: "after=3",
    run: (exchange) => breakOff(exchange, () => exchange.reset()),
  },
  {
    name: "fin-in-event",
    what: "The connection is closed within an event, after some tokens.",
    params: "after=3",
    run: async (exchange) => {
      const [head, [next]] = cutFrames(toFrames(exchange), exchange.params.number("after", 3));
      await exchange.openStream();
      await exchange.send(head);
      await exchange.chunk((next?.wire ?? "data: {").slice(0, 40));
      await exchange.fin();
    },
  },
  {
    name: "end-in-event",
    what: "The response ends in good HTTP within an event, after some tokens.",
    params: "after=3",
    run: async (exchange) => {
      const [head, [next]] = cutFrames(toFrames(exchange), exchange.params.number("after", 3));
      await exchange.openStream();
      await exchange.send(head);
      await exchange.chunk((next?.wire ?? "data: {").slice(0, 40));
      await exchange.closeStream();
    },
  },
  {
    name: "no-finish",
    what: "The response ends in good HTTP after some tokens: no finish, no [DONE].",
    params: "after=3",
    run: (exchange) => sendFrames(exchange, cutFrames(toFrames(exchange), exchange.params.number("after", 3))[0]),
  },
  {
    name: "no-done",
    what: "All of the answer and its finish, but no [DONE] or message_stop.",
    dialects: withSeparateDone,
    isHarmless: true,
    run: (exchange) => sendFrames(exchange, without(toFrames(exchange), "done")),
  },
  {
    name: "done-without-finish",
    what: "[DONE] or message_stop after some tokens, without a finish.",
    dialects: withSeparateDone,
    params: "after=3",
    run: (exchange) => {
      const [head, rest] = cutFrames(toFrames(exchange), exchange.params.number("after", 3));
      return sendFrames(exchange, [...head, ...rest.filter(({ kind }) => kind === "done")]);
    },
  },
  {
    name: "finish-twice",
    what: "The finish comes twice.",
    isHarmless: true,
    run: (exchange) =>
      sendFrames(
        exchange,
        toFrames(exchange).flatMap((frame) => (frame.kind === "finish" ? [frame, frame] : [frame])),
      ),
  },
  {
    name: "events-after-done",
    what: "More text, and another finish, after the answer's end.",
    isHarmless: true,
    run: (exchange) => {
      const frames = toFrames(exchange);
      const more = frames.filter(({ kind }) => kind === "content").slice(0, 2);
      return sendFrames(exchange, [...frames, ...more.map(silent), ...frames.filter(({ kind }) => kind === "finish")]);
    },
  },
  {
    name: "error-after-finish",
    what: "An error event between the finish and the end.",
    isHarmless: true,
    dialects: withSeparateDone,
    run: (exchange) => {
      const frames = toFrames(exchange);
      const at = frames.findIndex(({ kind }) => kind === "done");
      return sendFrames(exchange, frames.toSpliced(at, 0, toErrorFrame(exchange, "api")));
    },
  },
  {
    name: "error-then-more",
    what: "An error event after some tokens, and then the rest as if nothing had been.",
    params: "after=3",
    run: (exchange) => {
      const [head, rest] = cutFrames(toFrames(exchange), exchange.params.number("after", 3));
      return sendFrames(exchange, [...head, toErrorFrame(exchange, "overloaded"), ...rest]);
    },
  },
  {
    name: "garbled",
    what: "After some tokens an event of broken JSON that carries nothing; the rest is whole.",
    params: "after=3",
    run: (exchange) => {
      const [head, rest] = cutFrames(toFrames(exchange), exchange.params.number("after", 3));
      return sendFrames(exchange, [
        ...head,
        toFrame("content", 'data: {"id":"chatcmpl-x","choices":[{"ind\n\n'),
        ...rest,
      ]);
    },
  },
  {
    name: "garbled-word",
    what: "After some tokens an event is cut short, and its word with it; the rest is whole.",
    params: "after=3",
    run: (exchange) => {
      const [head, [next, ...rest]] = cutFrames(toFrames(exchange), exchange.params.number("after", 3));
      return sendFrames(exchange, next ? [...head, { ...garble(next), tokens: next.tokens }, ...rest] : head);
    },
  },
  ...toErrorRows(),
]);

function toErrorRows(): FaultRow[] {
  return Object.entries(inBandKinds).flatMap(([name, kind]): FaultRow[] => [
    {
      name: `error-first-${name}`,
      what: `Status 200, and an error event (${name}) as the first one.`,
      run: (exchange) => sendFrames(exchange, [toErrorFrame(exchange, kind)]),
    },
    {
      name: `error-mid-${name}`,
      what: `An error event (${name}) after some tokens, and the end.`,
      params: "after=3",
      run: (exchange) => {
        const [head] = cutFrames(toFrames(exchange), exchange.params.number("after", 3));
        return sendFrames(exchange, [...head, toErrorFrame(exchange, kind)]);
      },
    },
    {
      name: `error-last-${name}`,
      what: `An error event (${name}) after the last token, in place of the finish.`,
      run: (exchange) => {
        const [head] = cutFrames(toFrames(exchange), Number.POSITIVE_INFINITY);
        return sendFrames(exchange, [...head, toErrorFrame(exchange, kind)]);
      },
    },
  ]);
}

function toErrorFrame({ writer }: Exchange, kind: FailureKind): Frame {
  const failure: Failure = { kind, message: messages[kind] ?? kind };
  return toFrame("content", writer.toErrorEvent(failure));
}

async function breakOff(exchange: Exchange, end: () => Promise<never>): Promise<void> {
  if (exchange.request.isStream) {
    await exchange.openStream();
    await exchange.send(cutFrames(toFrames(exchange), exchange.params.number("after", 3))[0]);
  } else {
    const body = Buffer.from(JSON.stringify(exchange.writer.toWhole(exchange.answer)));
    await exchange.head(200, { "content-type": "application/json", "content-length": String(body.length) });
    exchange.countAnswer(exchange.answer);
    await exchange.write(body.subarray(0, body.length / 2));
  }
  await end();
}

function without(frames: readonly Frame[], kind: Frame["kind"]): Frame[] {
  return frames.filter((frame) => frame.kind !== kind);
}

// The client must not take it for a part of the answer, so neither does the ledger.
function silent(frame: Frame): Frame {
  return { ...frame, said: "", tokens: 0 };
}

/** Cuts an event's JSON short by a third. */
function garble(frame: Frame): Frame {
  const line = frame.wire.trimEnd();
  const dataAt = line.lastIndexOf("data: ") + "data: ".length;
  return toFrame("content", `${line.slice(0, dataAt + Math.floor(((line.length - dataAt) * 2) / 3))}\n\n`);
}
