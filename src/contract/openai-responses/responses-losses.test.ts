import { describe, expect, test } from "vitest";
import { parseResponsesRequest } from "./parse-responses-request.ts";

const minimal = { model: "fast", input: "Hi" };

function lossesOf(body: Record<string, unknown>): string[] {
  const { foreign } = parseResponsesRequest({ ...minimal, ...body });
  return (foreign.losses ?? []).map(({ path, effect }) => `${effect} ${path}`);
}

describe("losses", () => {
  test.each<[string, Record<string, unknown>, string]>([
    ["a hosted tool", { tools: [{ type: "web_search" }] }, "refused /tools/0"],
    ["the choice of a hosted tool", { tool_choice: { type: "web_search" } }, "refused /tool_choice"],
    ["a grammar", { text: { format: { type: "grammar" } } }, "refused /text/format"],
    ["moderation", { moderation: { model: "m" } }, "refused /moderation"],
    [
      "a file of the account",
      { input: [{ role: "user", content: [{ type: "input_image", file_id: "f" }] }] },
      "refused /input/0/content/0/file_id",
    ],
    [
      "unknown content",
      { input: [{ role: "user", content: [{ type: "input_smell" }] }] },
      "refused /input/0/content/0",
    ],
    [
      "an unknown item",
      {
        input: [
          { type: "computer_call", id: "x" },
          { role: "user", content: "x" },
        ],
      },
      "refused /input/0",
    ],
    [
      "a report of a hosted tool",
      {
        input: [
          { role: "user", content: "x" },
          { type: "web_search_call", id: "x" },
        ],
      },
      "dropped /input/1",
    ],
    ["shortening", { truncation: "auto" }, "dropped /truncation"],
    ["compaction", { context_management: [{}] }, "dropped /context_management"],
    ["a cache key", { prompt_cache_key: "k" }, "dropped /prompt_cache_key"],
    ["details of a hosted tool", { include: ["file_search_call.results"] }, "dropped /include/0"],
    ["the size of summaries", { reasoning: { summary: "detailed" } }, "dropped /reasoning/summary"],
    ["an unknown effort", { reasoning: { effort: "heroic" } }, "dropped /reasoning/effort"],
    ["padding", { stream_options: { include_obfuscation: true } }, "dropped /stream_options/include_obfuscation"],
    ["an unknown field", { x_vendor: 1 }, "dropped /x_vendor"],
    [
      "an unknown field of a tool",
      { tools: [{ type: "function", name: "a", defer_loading: true }] },
      "dropped /tools/0/defer_loading",
    ],
    [
      "an unknown field of an item",
      { input: [{ role: "assistant", content: "x", phase: "commentary" }] },
      "dropped /input/0/phase",
    ],
  ])("tell of %s", (_what, body, loss) => {
    expect(lossesOf(body)).toEqual([loss]);
  });

  test.each([
    [{ tools: [{ type: "custom", name: "sql" }] }, "/tools/0"],
    [{ tool_choice: { type: "custom", name: "sql" } }, "/tool_choice"],
    [{ tool_choice: { type: "allowed_tools", mode: "auto", tools: [{ type: "custom" }] } }, "/tool_choice/tools/0"],
  ])("say of %o that its argument is no JSON", (body, path) => {
    const why = "is a custom tool, whose argument is any text: only tools with JSON arguments are translated";
    const { foreign } = parseResponsesRequest({ ...minimal, ...body });
    expect(foreign.losses).toEqual([{ path, effect: "refused", why }]);
  });

  test("are none where a client says what holds anyway", () => {
    const { settings, foreign } = parseResponsesRequest({ ...minimal, text: { verbosity: "medium" } });
    expect(settings).toEqual({});
    expect(foreign.losses).toEqual([]);
  });

  test("of the conversation before name the id that it is known by", () => {
    const history = [
      { type: "computer_call", id: "x" },
      { type: "message", role: "user" },
    ];
    const { foreign } = parseResponsesRequest({ ...minimal, previous_response_id: "resp_1" }, {}, history);
    expect(foreign.losses?.map(({ path, effect }) => `${effect} ${path}`)).toEqual([
      "refused /previous_response_id",
      "refused /previous_response_id",
    ]);
  });

  test("have a bound", () => {
    const body = Object.fromEntries(Array.from({ length: 500 }, (_, at) => [`x_${at}`, 1]));
    expect(parseResponsesRequest({ ...minimal, ...body }).foreign.losses?.length).toBeLessThan(60);
  });
});
