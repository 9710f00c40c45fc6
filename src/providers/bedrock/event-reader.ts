import type { Usage } from "../../reply.ts";
import { HeadgateError } from "../../errors.ts";
import type { AnswerReader, ReadEvent } from "../wire/answer-reader.ts";
import { expectRecord, expectText } from "../wire/expect-shape.ts";
import { parseObject } from "../wire/parse-object.ts";
import { toInBandError } from "../wire/provider-failure.ts";
import { ContentReader, type ContentReaderOptions } from "./content-reader.ts";
import { unmodeledError } from "./event-stream-decoder.ts";
import { parseUsage } from "./parse-usage.ts";

type Fields = Readonly<Record<string, unknown>>;

/** Reads the events of one streamed answer. Its usage comes after its end, and its end waits for it. */
export function createConverseReader(peer: string, options: ContentReaderOptions): AnswerReader {
  const content = new ContentReader(options);
  let usage: Usage | undefined;
  let stopReason: string | undefined;
  let hasBegun = false;

  function readEvent(type: string, event: Fields): ReadEvent {
    const { contentBlockIndex: index } = event;
    switch (type) {
      case "contentBlockDelta":
        hasBegun = true;
        return { type: "chunk", parts: content.extend(index, expectDelta(event["delta"], peer)) };
      case "contentBlockStart":
        hasBegun = true;
        return { type: "chunk", parts: content.open(index, expectRecord(event["start"], peer, "start") ?? {}) };
      case "contentBlockStop":
        return { type: "chunk", parts: content.close(index) };
      case "messageStart":
        hasBegun = true;
        return { type: "ignored" };
      case "messageStop":
        stopReason = typeof event["stopReason"] === "string" ? event["stopReason"] : "";
        return { type: "ignored" };
      case "metadata":
        usage = parseUsage(event["usage"], event["serviceTier"]) ?? usage;
        return stopReason === undefined ? { type: "ignored" } : { type: "done" };
      default:
        return { type: "ignored" };
    }
  }

  return {
    get hasReason() {
      return stopReason !== undefined;
    },
    read: ({ event: type = "", data }) => {
      if (type === unmodeledError || /exception$/i.test(type)) throw toFailure(peer, type, data);
      return readEvent(type, parseObject(data, peer, "streamed an event"));
    },
    end: () => {
      if (stopReason === undefined && hasBegun) {
        throw new HeadgateError("stream_cut", { detail: `${peer} ended its stream in the middle of the answer.` });
      }
      if (stopReason === undefined) {
        throw new HeadgateError("provider_protocol", { detail: `${peer} streamed no answer.` });
      }
      return [
        ...content.closeAll(),
        ...(usage ? [{ type: "usage", usage } as const] : []),
        {
          type: "finish",
          reason: content.toFinishReason(stopReason),
          ...(stopReason === "" ? {} : { rawReason: stopReason }),
        },
      ];
    },
  };
}

/** @throws HeadgateError `provider_protocol` if it is garbled */
function expectDelta(value: unknown, peer: string): Fields {
  const delta = expectRecord(value, peer, "delta") ?? {};
  expectText(delta["text"], peer, "text");
  return delta;
}

function toFailure(peer: string, type: string, data: string): HeadgateError {
  let body: Fields;
  try {
    body = parseObject(data, peer, "streamed an error");
  } catch {
    body = {};
  }
  const code = type === unmodeledError ? body["code"] : type;
  const message = body["message"] ?? body["Message"] ?? body["originalMessage"];
  return toInBandError(peer, { error: { type: code, message } });
}
