import { describe, expect, test } from "vitest";
import { parseCountTokensRequest, parseMessagesRequest } from "./parse-messages-request.ts";

const minimal = { model: "fast", max_tokens: 64, messages: [{ role: "user", content: "Hi" }] };

function read(body: object, headers = {}): ReturnType<typeof parseMessagesRequest> {
  return parseMessagesRequest({ ...minimal, ...body }, headers);
}

/** Path and effect of every loss. */
function lossesOf(body: object, headers = {}): Record<string, string> {
  const losses = read(body, headers).foreign.losses ?? [];
  return Object.fromEntries(losses.map(({ path, effect }) => [path, effect]));
}

function lossesInUserTurn(...content: readonly unknown[]): Record<string, string> {
  return lossesOf({ messages: [{ role: "user", content }] });
}

describe("what is lost on providers of other dialects", () => {
  test.each([
    ["mcp_servers", [{ type: "url", url: "https://x", name: "x" }]],
    ["container", "container_1"],
    ["inference_geo", "eu"],
    ["thread", { type: "continue", previous_message_id: "msg_1" }],
    ["compaction", { type: "x" }],
    ["output_format", { type: "grammar" }],
    ["tool_choice", { type: "often" }],
    ["max_tokens", 0],
  ])("%s is refused", (field, value) => {
    expect(lossesOf({ [field]: value })).toEqual({ [`/${field}`]: "refused" });
  });

  test.each([
    ["context_management", { edits: [{ type: "clear_thinking_20251015" }] }, "/context_management"],
    ["speed", "fast", "/speed"],
    ["fallbacks", ["m"], "/fallbacks"],
    ["diagnostics", { a: 1 }, "/diagnostics"],
    ["never_heard_of", 1, "/never_heard_of"],
    ["metadata", { user_id: "u", team: "x" }, "/metadata/team"],
    ["service_tier", "gold", "/service_tier"],
    ["thinking", { type: "between_tools" }, "/thinking"],
    ["thinking", { type: "adaptive", display: "omitted" }, "/thinking/display"],
    ["output_config", { effort: "heroic" }, "/output_config/effort"],
    ["output_config", { task_budget: { total: 1 } }, "/output_config/task_budget"],
  ])("%s %j is dropped", (field, value, path) => {
    expect(lossesOf({ [field]: value })).toEqual({ [path]: "dropped" });
  });

  test.each(["container", "mcp_servers", "speed", "never_heard_of", "output_format"])(
    "%s is not missed where it is null",
    (field) => expect(lossesOf({ [field]: null })).toEqual({}),
  );

  test.each([
    "web_search_20250305",
    "web_fetch_20260209",
    "code_execution_20260120",
    "computer_20250124",
    "bash_20250124",
    "text_editor_20250728",
    "memory_20250818",
    "mcp_toolset",
    "never_heard_of",
  ])("the tool %s is refused", (type) => {
    expect(lossesOf({ tools: [{ type, name: "x" }] })).toEqual({ "/tools/0": "refused" });
    expect(read({ tools: [{ type }] }).tools).toBeUndefined();
  });

  test("a search among the client's own tools is not missed, since all of them are given", () => {
    const look = { name: "look", input_schema: { type: "object" } };
    const losses = lossesOf({
      tools: [
        { type: "tool_search_tool_bm25_20251119", name: "search" },
        { ...look, defer_loading: true, input_examples: [{}], eager_input_streaming: true, never_heard_of: 1 },
      ],
    });
    expect(losses).toEqual({
      "/tools/0": "dropped",
      "/tools/1/defer_loading": "dropped",
      "/tools/1/input_examples": "dropped",
      "/tools/1/eager_input_streaming": "dropped",
      "/tools/1/never_heard_of": "dropped",
    });
    expect(lossesOf({ tools: [{ ...look, allowed_callers: ["code_execution_20260120"] }] })).toEqual({
      "/tools/0/allowed_callers": "refused",
    });
  });

  test.each([
    ["search_result", { type: "search_result", source: "x", title: "x", content: [] }],
    ["server_tool_use", { type: "server_tool_use", id: "s", name: "web_search", input: {} }],
    ["container_upload", { type: "container_upload", file_id: "f" }],
    ["never_heard_of", { type: "never_heard_of" }],
    ["tool_use", { type: "tool_use", id: "t", name: "look", input: {} }],
    ["thinking", { type: "thinking", thinking: "", signature: "" }],
  ])("a block of type %s in a user's turn is refused", (_type, block) => {
    expect(lossesInUserTurn({ type: "text", text: "Hi" }, block)).toEqual({ "/messages/0/content/1": "refused" });
  });

  test("files that Anthropic keeps, sources that nobody knows, and citations of documents are refused", () => {
    expect(
      lossesInUserTurn(
        { type: "image", source: { type: "file", file_id: "f" } },
        { type: "document", source: { type: "hologram" } },
        { type: "document", source: { type: "text", data: "x" }, citations: { enabled: true } },
        { type: "document", source: { type: "text", data: "x" }, citations: { enabled: false } },
      ),
    ).toEqual({
      "/messages/0/content/0/source": "refused",
      "/messages/0/content/1/source": "refused",
      "/messages/0/content/2/citations": "refused",
    });
  });

  test("what is only more about a block is dropped", () => {
    const citation = { type: "char_location", cited_text: "x" };
    const messages = [
      {
        role: "assistant",
        content: [
          { type: "text", text: "a", citations: null },
          { type: "text", text: "b", citations: [citation] },
          { type: "tool_use", id: "t", name: "look", input: {}, caller: { type: "code_execution_20260120" } },
        ],
      },
      { role: "user", content: [{ type: "tool_result", tool_use_id: "t", content: "x", toolset_name: "y" }] },
    ];
    expect(lossesOf({ messages })).toEqual({
      "/messages/0/content/1/citations": "dropped",
      "/messages/0/content/2/caller": "dropped",
      "/messages/1/content/0/toolset_name": "dropped",
    });
  });

  test("an answer that the client has begun is refused, but for providers that go on from it, and not where its tokens are counted", () => {
    const messages = [...minimal.messages, { role: "assistant", content: "{" }];
    expect(lossesOf({ messages })).toEqual({ "/messages/1": "refused" });
    expect(parseMessagesRequest({ ...minimal, messages }, {}).foreign.losses).toMatchObject([{ isPrefill: true }]);
    expect(parseCountTokensRequest({ ...minimal, messages }, {}).foreign.losses).toBeUndefined();
  });

  test("a kept conversation may go on without a message", () => {
    const thread = { type: "continue", previous_message_id: "msg_1" };
    expect(lossesOf({ thread, messages: [] })).toEqual({ "/thread": "refused" });
  });

  test("the header for beta features is dropped", () => {
    expect(lossesOf({}, { "anthropic-beta": "context-1m-2025-08-07" })).toEqual({ "/anthropic-beta": "dropped" });
  });

  test("the same loss in many places is told once, and thousands of losses are told in short", () => {
    const content = Array.from({ length: 100 }, () => ({ type: "text", text: "x", odd: 1 }));
    expect(lossesInUserTurn(...content)).toEqual({ "/messages/0/content/0/odd": "dropped" });
    const many = Object.fromEntries(Array.from({ length: 5000 }, (_, index) => [`odd_${index}`, 1]));
    const losses = read(many).foreign.losses ?? [];
    expect(losses).toHaveLength(51);
    expect(losses.at(-1)).toEqual({ path: "", effect: "dropped", why: "4950 more fields are not known" });
  });

  test("a field that is refused is told even after very many that are dropped", () => {
    const content = Array.from({ length: 100 }, (_, index) => ({ type: "text", text: "x", [`odd_${index}`]: 1 }));
    const losses = lossesOf({ container: "c", messages: [{ role: "user", content }] });
    expect(losses["/container"]).toBe("refused");
  });
});
