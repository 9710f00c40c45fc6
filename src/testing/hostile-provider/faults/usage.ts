import { isRecord, parseJson } from "../../../json.ts";
import type { Frame } from "../answer.ts";
import type { Exchange } from "../exchange.ts";
import { defineFaults, modelDialects, sendFrames, toFrames, type FaultRow, type ScriptedFault } from "../fault.ts";

type Json = Record<string, unknown>;
type Edit = (frames: readonly Frame[], exchange: Exchange) => readonly Frame[];

const chat = ["openai-chat"] as const;

/** G: right answers whose usage is told late, twice, in part or wrongly. The text must arrive in any case. */
export const usageFaults: readonly ScriptedFault[] = defineFaults({ group: "G", appliesTo: "stream" }, [
  toRow("usage-none", "No usage, in no event.", (frames) =>
    frames.filter(({ kind }) => kind !== "usage").map((frame) => setUsage(frame, () => undefined)),
  ),
  toRow("usage-only-at-start", "Usage in the first event only, with the whole count.", (frames, exchange) =>
    frames
      .filter(({ kind }) => kind !== "usage")
      .map((frame, index) =>
        setUsage(
          frame,
          () => (index === 0 ? toUsage(exchange, exchange.answer.usage.outputTokens) : undefined),
          index === 0,
        ),
      ),
  ),
  toRow("usage-only-at-end", "Usage in the finish only.", (frames, exchange) =>
    frames
      .filter(({ kind }) => kind !== "usage")
      .map((frame) => {
        const isFinish = frame.kind === "finish";
        return setUsage(
          frame,
          () => (isFinish ? toUsage(exchange, exchange.answer.usage.outputTokens) : undefined),
          isFinish,
        );
      }),
  ),
  toRow("usage-twice", "The last usage twice.", (frames) =>
    frames.flatMap((frame) => (frame.kind === "usage" || isMessageDelta(frame) ? [frame, frame] : [frame])),
  ),
  {
    ...toRow("usage-growing", "Usage on each event, as counted so far.", (frames, exchange) =>
      toGrowing(frames, exchange),
    ),
    dialects: chat,
  },
  {
    ...toRow(
      "usage-shrinking",
      "Usage on each event, with smaller and smaller counts, and the right one last.",
      (frames, exchange) => toGrowing(frames, exchange, -1),
    ),
    dialects: chat,
  },
  toRow("usage-zero", "Usage of no tokens.", (frames) =>
    frames.map((frame) => setUsage(frame, (usage) => usage && mapNumbers(usage, () => 0))),
  ),
  toRow("usage-wrong-types", "Usage as strings.", (frames) =>
    frames.map((frame) => setUsage(frame, (usage) => usage && mapNumbers(usage, String))),
  ),
  toRow("usage-cached", "All input read from a cache.", (frames, exchange) =>
    frames.map((frame) => setUsage(frame, (usage) => usage && toCached(usage, exchange.answer.usage.inputTokens))),
  ),
  toRow("usage-reasoning", "More reasoning tokens than the answer may have.", (frames) =>
    frames.map((frame) => setUsage(frame, (usage) => usage && toReasoning(usage))),
  ),
  {
    ...toRow("usage-after-done", "Usage after [DONE].", (frames) => {
      const usage = frames.filter(({ kind }) => kind === "usage");
      return [...frames.filter(({ kind }) => kind !== "usage"), ...usage];
    }),
    dialects: chat,
  },
  {
    ...toRow("usage-with-choices", "Usage on the finish, in place of an event of its own.", (frames, exchange) =>
      frames
        .filter(({ kind }) => kind !== "usage")
        .map((frame) =>
          frame.kind === "finish"
            ? setUsage(frame, () => toUsage(exchange, exchange.answer.usage.outputTokens), true)
            : frame,
        ),
    ),
    dialects: chat,
  },
]);

function toRow(name: string, what: string, edit: Edit): FaultRow {
  return {
    name,
    what,
    isHarmless: true,
    dialects: modelDialects,
    run: (exchange) => sendFrames(exchange, edit(toFrames(exchange), exchange)),
  };
}

function toGrowing(frames: readonly Frame[], exchange: Exchange, direction = 1): Frame[] {
  const all = exchange.answer.usage.outputTokens;
  let told = direction === 1 ? 0 : all * 2;
  return frames.map((frame) => {
    if (frame.kind === "done") return frame;
    told = frame.kind === "usage" ? all : Math.max(0, told + frame.tokens * direction);
    return setUsage(frame, () => toUsage(exchange, told), true);
  });
}

function toUsage({ request, answer }: Exchange, outputTokens: number): Json {
  const { inputTokens } = answer.usage;
  if (request.dialect !== "openai-chat") return { input_tokens: inputTokens, output_tokens: outputTokens };
  return { prompt_tokens: inputTokens, completion_tokens: outputTokens, total_tokens: inputTokens + outputTokens };
}

/** Edits an event's usage where it has one; with `isAdded`, where it could have one too. */
function setUsage(frame: Frame, edit: (usage: Json | undefined) => Json | undefined, isAdded = false): Frame {
  return editJson(frame, (json) => {
    const owner = ["message", "response"].map((name) => json[name]).find((value) => isRecord(value));
    const target = owner ?? json;
    const usage = target["usage"];
    if (!isRecord(usage) && !isAdded) return json;
    target["usage"] = edit(isRecord(usage) ? usage : undefined);
    return json;
  });
}

function editJson(frame: Frame, edit: (json: Json) => Json): Frame {
  const wire = frame.wire.replace(
    /^data: (\{.*)$/m,
    (_line, data: string) => `data: ${JSON.stringify(edit(parseJson(data) as Json))}`,
  );
  return { ...frame, wire };
}

function isMessageDelta({ kind, wire }: Frame): boolean {
  return kind === "finish" && wire.includes('"message_delta"');
}

function mapNumbers(usage: Json, map: (value: number) => unknown): Json {
  return Object.fromEntries(
    Object.entries(usage).map(([name, value]) => [name, typeof value === "number" ? map(value) : value]),
  );
}

function toCached(usage: Json, inputTokens: number): Json {
  if ("prompt_tokens" in usage) return { ...usage, prompt_tokens_details: { cached_tokens: inputTokens } };
  if ("total_tokens" in usage) return { ...usage, input_tokens_details: { cached_tokens: inputTokens } };
  return { ...usage, input_tokens: 0, cache_read_input_tokens: inputTokens };
}

function toReasoning(usage: Json): Json {
  const reasoning = { reasoning_tokens: 100_000 };
  if ("prompt_tokens" in usage) return { ...usage, completion_tokens: 100_040, completion_tokens_details: reasoning };
  return { ...usage, output_tokens: 100_040, output_tokens_details: reasoning };
}
