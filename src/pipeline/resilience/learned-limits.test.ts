import { afterEach, describe, expect, test } from "vitest";
import type { CallNotes } from "../../call.ts";
import type { Deployment } from "../../endpoint/snapshot.ts";
import { createOutbound } from "../../outbound.ts";
import { createAnthropicProvider } from "../../providers/anthropic/anthropic.ts";
import { createOpenAiChatProvider } from "../../providers/openai-chat/openai-chat.ts";
import { createOpenAiResponsesProvider } from "../../providers/openai-responses/openai-responses.ts";
import type { Provider } from "../../providers/provider.ts";
import type { WireOptions } from "../../providers/wire/wire-client.ts";
import { collect } from "../../reply.ts";
import { createHostileProvider, type HostileProvider } from "../../testing/hostile-provider/hostile-provider.ts";
import { createManualClock, type ManualClock } from "../../testing/manual-clock.ts";
import { callModel } from "./call-model.ts";
import { HealthBoard } from "./health/health-board.ts";
import { World } from "./model-fixture.ts";
import { estimatePrompt } from "../../prompt-tokens.ts";

const closers: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0).toReversed()) await close();
});

interface Setup {
  readonly clock: ManualClock;
  readonly upstream: HostileProvider;
  readonly board: HealthBoard;
  /** Asks so often, one call after the other. Returns the models that were asked, and how each ended. */
  readonly ask: (count: number, options?: { readonly stream?: boolean; readonly text?: string }) => Promise<string[]>;
}

type Connect = (options: WireOptions & { readonly baseUrl: string }) => Provider;

/** Two places of one model at a provider whose time only a test moves: nearly all calls go to the first. */
async function setup(connect: Connect = createOpenAiChatProvider): Promise<Setup> {
  const clock = createManualClock();
  const upstream = await createHostileProvider({ clock });
  const outbound = createOutbound({ clock });
  closers.push(
    () => upstream.close(),
    () => outbound.close(),
  );
  const provider = connect({ name: "p", baseUrl: upstream.url, outbound, clock });
  const board = new HealthBoard({ clock });
  const next = callModel({
    findProvider: () => provider,
    clock,
    board,
    priceOf: () => 0,
    mayAskMore: async () => true,
    estimatePrompt,
    findContextWindow: async () => undefined,
  });
  const places: readonly Deployment[] = [
    { provider: "p", model: "limited", weight: 1e6 },
    { provider: "p", model: "spare", weight: 1 },
  ];
  const { call } = new World({ script: {} });
  const ask: Setup["ask"] = async (count, { stream = false, text = "Hi" } = {}) => {
    const asked: string[] = [];
    for (let index = 0; index < count; index++) {
      const notes: CallNotes = { nextReason: "first", attempts: [], rungs: [], warnings: [], providerWarnings: [] };
      const messages = [{ role: "user" as const, content: text }];
      const route = { candidates: [{ name: "m", deployments: places }], rule: "r" };
      const deadlineMs = clock.now() + 60_000;
      await collect(await next({ ...call, messages, route, stream, notes, deadlineMs }));
      asked.push(...notes.attempts.map(({ model, errorCode }) => (errorCode ? `${model}: ${errorCode}` : model)));
    }
    return asked;
  };
  return { clock, upstream, board, ask };
}

const createResponsesProvider: Connect = (options) => createOpenAiResponsesProvider({ ...options, vendor: "openai" });

const dialects = [
  { name: "openai-chat", connect: createOpenAiChatProvider },
  { name: "openai-responses", connect: createResponsesProvider },
  { name: "anthropic", connect: createAnthropicProvider },
] as const satisfies readonly { readonly name: string; readonly connect: Connect }[];

describe.each(dialects)("$name", ({ connect }) => {
  test.each([false, true])(
    "a deployment that says it has no request left is passed over until it has (stream: %s)",
    async (stream) => {
      const { ask, upstream, clock } = await setup(connect);
      upstream.setFault("limited", "token-bucket?rpm=60&burst=3");
      expect(await ask(5, { stream })).toEqual(["limited", "limited", "limited", "spare", "spare"]);
      clock.advance(2999);
      expect(await ask(1, { stream })).toEqual(["spare"]);
      clock.advance(1);
      expect(await ask(1, { stream })).toEqual(["limited"]);
    },
  );
});

test("where no other can take the call, it is made all the same", async () => {
  const { ask, upstream, clock } = await setup();
  upstream.setFault("limited", "token-bucket?rpm=60&burst=2");
  upstream.setFault("spare", "token-bucket?rpm=60&burst=2");
  expect(await ask(4)).toEqual(["limited", "limited", "spare", "spare"]);
  clock.advance(1000);
  expect(await ask(1)).toEqual(["limited"]);
});

test("what makes no sense keeps no call away", async () => {
  const { ask, upstream, board, clock } = await setup();
  upstream.setFault("limited", "rate-limit-garbage");
  expect(await ask(2)).toEqual(["limited: provider_rate_limited", "spare", "limited: provider_rate_limited", "spare"]);
  const told = board.list(clock.now()).map(({ providerLimits }) => providerLimits);
  expect(told).toEqual([undefined, undefined]);
});

test("what a provider has told is in the report of its health", async () => {
  const { ask, upstream, board, clock } = await setup();
  upstream.setFault("limited", "token-bucket?rpm=60&burst=3");
  await ask(1);
  const report = board.list(clock.now()).find(({ model }) => model === "limited");
  expect(report?.providerLimits).toEqual({ requests: { limit: 3, remaining: 2, resetAtMs: clock.now() + 1000 } });
  clock.advance(1000);
  expect(board.list(clock.now()).find(({ model }) => model === "limited")?.providerLimits).toBeUndefined();
});
