import { pino } from "pino";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { systemClock } from "../clock.ts";
import { createRequestId } from "../ids.ts";
import { openStore } from "../store/connect.ts";
import type { Store } from "../store/store.ts";
import { createStoreFolder, type TemporaryFolder } from "../testing/store-folder.ts";
import { createConversations, type Conversation, type Conversations, type Turn } from "./conversations.ts";

let folder: TemporaryFolder;
let store: Store;
let conversations: Conversations;
let made = 0;

beforeAll(async () => {
  folder = await createStoreFolder();
  store = await openStore({ folder: folder.path, clock: systemClock });
  const limits = { mostTurns: 2, mostBytes: 2000, mostReferences: 2 };
  conversations = createConversations({ store, clock: systemClock, logger: pino({ enabled: false }), limits });
});
afterAll(async () => {
  await store.close();
  folder.remove();
});

function toTurn(text: string, before?: Conversation): Turn {
  const id = `resp_${++made}`;
  const content = [{ type: "output_text", text: "Yes." }];
  const output = [{ type: "message", id: `msg_${made}`, role: "assistant", content }];
  return {
    tenant: "acme",
    requestId: createRequestId(Date.now()),
    before,
    input: [{ role: "user", content: text }],
    response: { id, object: "response", output },
    retentionDays: 1,
  };
}

async function keep(turn: Turn): Promise<Conversation> {
  expect(await conversations.keep(turn)).toBeUndefined();
  return conversations.resume("acme", String(turn.response["id"]));
}

describe("a conversation", () => {
  test("goes on up to the most answers in a row", async () => {
    const first = await keep(toTurn("One"));
    const second = toTurn("Two", first);
    expect(await conversations.keep(second)).toBeUndefined();
    await expect(conversations.resume("acme", String(second.response["id"]))).rejects.toMatchObject({
      code: "request_invalid",
      issues: [{ path: "/previous_response_id", message: expect.stringContaining("2 answers") }],
    });
  });

  test("is kept up to a size, which all of its turns share", async () => {
    const first = await keep(toTurn("x".repeat(1000)));
    const small = toTurn("Small", first);
    expect(await conversations.keep(toTurn("y".repeat(1000), first))).toBe(
      "the conversation is larger than 2000 bytes",
    );
    expect(await conversations.keep(toTurn("z".repeat(3000)))).toBe("the conversation is larger than 2000 bytes");
    const wide = { ...small, response: { ...small.response, instructions: "i".repeat(3000) } };
    expect(await conversations.keep(wide)).toBe("the conversation is larger than 2000 bytes");
    expect(await conversations.keep(small)).toBeUndefined();
  });

  test("is not kept for an answer whose conversation was forgotten while it was made", async () => {
    const gone = { ...(await keep(toTurn("One"))), previousId: "resp_gone" };
    expect(await conversations.keep(toTurn("Two", gone))).toBe("the store did not take it");
  });
});

describe("references", () => {
  const reference = (id: string): Record<string, unknown> => ({ type: "item_reference", id });

  test("leave a request without any as it is", async () => {
    for (const body of [{ input: "Hi" }, { input: [{ role: "user", content: "Hi" }, 5, null] }, {}]) {
      expect(await conversations.resolve("acme", body, undefined)).toBe(body);
    }
  });

  test("are replaced where they stand", async () => {
    const { items } = await keep(toTurn("One"));
    const [asked, said] = items;
    const body = { model: "m", input: [{ id: said?.["id"] }, "odd", reference(String(asked?.["id"]))] };
    expect(await conversations.resolve("acme", body, undefined)).toEqual({ model: "m", input: [said, "odd", asked] });
  });

  test("have a bound", async () => {
    const body = { input: ["a", "b", "c"].map(reference) };
    await expect(conversations.resolve("acme", body, undefined)).rejects.toMatchObject({
      code: "request_invalid",
      issues: [{ path: "/input" }],
    });
  });
});
