import { countTokens, type Answer, type AnswerToolCall } from "../answer.ts";
import type { Exchange } from "../exchange.ts";
import { defineFaults, sendAnswer, type FaultRow, type ScriptedFault } from "../fault.ts";

/** H: tool calls and structured answers that are wrong in themselves. The transport is right, so no fallback is owed. */
export const toolFaults: readonly ScriptedFault[] = defineFaults({ group: "H", appliesTo: "both" }, [
  toCallRow(
    "args-split",
    "Arguments a character at a time.",
    (name) => [call("1", name, '{"city":"Paris"}'.split(""))],
    true,
  ),
  toCallRow("args-bad-json", "Arguments that are no JSON.", (name) => [call("1", name, ['{"city": "Par'])]),
  toCallRow("args-empty", "Arguments of no characters.", (name) => [call("1", name, [])]),
  toCallRow("args-proto", "Arguments with __proto__, a path and a URL as payloads.", (name) => [
    call("1", name, [
      '{"__proto__":{"admin":true},"constructor":{"prototype":{"admin":true}},',
      '"path":"../../../../etc/passwd\\u0000.png","url":"http://169.254.169.254/latest/meta-data/","city":"\'; DROP TABLE x; --"}',
    ]),
  ]),
  toCallRow("args-huge", "Arguments of a MiB.", (name) => [
    call("1", name, ['{"city":"', ...Array.from({ length: 1024 }, () => "y".repeat(1024)), '"}']),
  ]),
  toCallRow("unknown-tool", "A tool that the request does not have.", () => [call("1", "launch_missiles", ["{}"])]),
  toCallRow("odd-tool-name", "A tool's name with spaces, quotes and a path.", () => [call("1", '../"sh -c', ["{}"])]),
  toCallRow("missing-call-id", "A call without an id.", (name) => [{ ...call("1", name, ["{}"]), id: undefined }]),
  toCallRow("duplicate-call-id", "Two calls with one id.", (name) => [
    call("1", name, ["{}"]),
    call("1", name, ['{"a":1}']),
  ]),
  toCallRow("parallel-calls", "128 calls at once.", (name) =>
    Array.from({ length: 128 }, (_, index) => call(String(index), name, [`{"n":${index}}`])),
  ),
  toCallRow("endless-call", "The same call each time, whatever the tool says.", (name) => [
    call("same", name, ['{"city":"Paris"}']),
  ]),
  {
    name: "alternating-calls",
    what: "Two calls in turn, for ever.",
    recoverable: false,
    run: (exchange) => {
      const memory = exchange.recall(() => ({ turn: 0 }));
      const city = memory.turn++ % 2 === 0 ? "Paris" : "Rome";
      return sendCalls(exchange, [call(city, pickTool(exchange), [`{"city":"${city}"}`])]);
    },
  },
  {
    name: "call-and-text",
    what: "Text and a call in one answer.",
    isHarmless: true,
    run: (exchange) =>
      sendAnswer(
        exchange,
        toCalling(exchange, [call("1", pickTool(exchange), ['{"city":"Paris"}'])], exchange.answer.pieces),
      ),
  },
  toTextRow("json-wrong-shape", "JSON that does not match the schema.", () => '{"unexpected":[null,{"deep":true}]}'),
  toTextRow(
    "json-fenced",
    "The right JSON within a fence and words.",
    (text) => `Sure! Here it is:\n\`\`\`json\n${text}\n\`\`\`\nAnything else?`,
  ),
  toTextRow("json-trailing-comma", "The right JSON but for a comma.", (text) => text.replace(/\}$/, ",}")),
  toTextRow("json-cut", "The right JSON, cut, with a finish that says it is whole.", (text) =>
    text.slice(0, Math.ceil(text.length / 2)),
  ),
  toTextRow("json-prose", "Words where JSON was asked for.", () => "I am sorry, I cannot answer in JSON today."),
]);

function call(id: string, name: string, pieces: readonly string[]): AnswerToolCall {
  return { id: `call_${id}`, name, pieces };
}

function pickTool({ request }: Exchange): string {
  return request.toolNames[0] ?? "look_up";
}

function toCalling({ answer }: Exchange, toolCalls: readonly AnswerToolCall[], pieces: readonly string[] = []): Answer {
  return {
    ...answer,
    pieces,
    toolCalls,
    finish: "tool",
    usage: { ...answer.usage, outputTokens: countTokens({ pieces, toolCalls }) },
  };
}

function sendCalls(exchange: Exchange, calls: readonly AnswerToolCall[]): Promise<void> {
  return sendAnswer(exchange, toCalling(exchange, calls));
}

function toCallRow(
  name: string,
  what: string,
  make: (tool: string) => readonly AnswerToolCall[],
  isHarmless = false,
): FaultRow {
  return {
    name,
    what,
    recoverable: isHarmless,
    ...(isHarmless ? { isHarmless } : {}),
    run: (exchange) => sendCalls(exchange, make(pickTool(exchange))),
  };
}

function toTextRow(name: string, what: string, edit: (text: string) => string): FaultRow {
  return {
    name,
    what: `${what} With times=n it is right after n times.`,
    recoverable: false,
    run: (exchange) => {
      const text = edit(exchange.answer.pieces.join(""));
      const pieces = text.match(/[\s\S]{1,6}/gu) ?? [];
      return sendAnswer(exchange, {
        ...exchange.answer,
        pieces,
        usage: { ...exchange.answer.usage, outputTokens: pieces.length },
      });
    },
  };
}
