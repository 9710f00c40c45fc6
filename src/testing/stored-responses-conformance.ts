import { describe, expect, test } from "vitest";
import type { Store, StoredItem, StoredResponse } from "../store/store.ts";

const nowMs = Date.UTC(2026, 10, 24, 10, 20, 30, 456);
const dayMs = 86_400_000;

let made = 0;

function createResponse(changes: Partial<StoredResponse> = {}): StoredResponse {
  const id = `resp_${++made}`;
  return {
    tenant: "acme",
    id,
    createdAtMs: nowMs,
    expiresAtMs: nowMs + 30 * dayMs,
    turns: 1,
    bytes: 5_000_000_000,
    body: JSON.stringify({ id, text: "it's \u0000, \ud800, \u{1f642}" }),
    items: [createItem(`msg_${made}_in`, false), createItem(`msg_${made}_out`, true)],
    ...changes,
  };
}

function createItem(id: string | undefined, isOutput: boolean, text = "a\u0000b\\u0000\ud800"): StoredItem {
  return { ...(id === undefined ? {} : { id }), isOutput, json: JSON.stringify({ id, text }) };
}

/** The next turn of a conversation. */
function continueFrom(before: StoredResponse, changes: Partial<StoredResponse> = {}): StoredResponse {
  return createResponse({ previousId: before.id, turns: before.turns + 1, ...changes });
}

/** What every store must do for answers that are kept. Other tests may have put answers of their own there. */
export function describeStoredResponses(store: () => Store): void {
  describe("stored responses", () => {
    describeFinding(store);
    describeConversations(store);
    describeItems(store);
    describeForgetting(store);
  });
}

function describeFinding(store: () => Store): void {
  test("one comes back as it was given, whatever its text holds", async () => {
    const response = createResponse();
    await store().insertResponse(response);
    expect(await store().findResponse("acme", response.id, nowMs)).toStrictEqual(response);
    const next = continueFrom(response, { items: [createItem(undefined, true)] });
    await store().insertResponse(next);
    expect(await store().findResponse("acme", next.id, nowMs)).toStrictEqual(next);
  });

  test("one without items is one all the same", async () => {
    const response = createResponse({ items: [], turns: 3, bytes: 7 });
    await store().insertResponse(response);
    expect(await store().findResponse("acme", response.id, nowMs)).toStrictEqual(response);
    expect(await store().findConversation("acme", response.id, nowMs)).toEqual({ turns: 3, bytes: 7, items: [] });
  });

  test("another tenant's is not found by any way, and has its own ids", async () => {
    const [own, other] = [createResponse(), createResponse()];
    await store().insertResponse(own);
    await store().insertResponse({ ...other, tenant: "globex", id: own.id });
    expect(await store().findResponse("initech", own.id, nowMs)).toBeUndefined();
    expect(await store().findConversation("initech", own.id, nowMs)).toBeUndefined();
    expect(await store().deleteResponse("initech", own.id, nowMs)).toBe(false);
    const limits = { nowMs, maxBytes: 1e6 };
    expect(await store().findResponseItems("initech", [own.items[0]?.id ?? ""], limits)).toEqual(new Map());
    expect(await store().findResponse("acme", own.id, nowMs)).toEqual(own);
    expect((await store().findResponse("globex", own.id, nowMs))?.body).toBe(other.body);
  });

  test("an id that cannot be one is unknown", async () => {
    for (const id of ["", "resp_nobody", "'; drop table", "a\0b", "\ud800"]) {
      expect(await store().findResponse("acme", id, nowMs)).toBeUndefined();
      expect(await store().findConversation("acme", id, nowMs)).toBeUndefined();
      expect(await store().deleteResponse("acme", id, nowMs)).toBe(false);
      expect(await store().findResponseItems("acme", [id], { nowMs, maxBytes: 1e6 })).toEqual(new Map());
    }
  });

  test("an id is taken once, and what came second leaves nothing", async () => {
    const response = createResponse();
    await store().insertResponse(response);
    const second = { ...createResponse(), id: response.id };
    await expect(store().insertResponse(second)).rejects.toMatchObject({ code: "internal" });
    expect(await store().findResponse("acme", response.id, nowMs)).toEqual(response);
  });
}

function describeConversations(store: () => Store): void {
  test("a conversation comes from its beginning, branch by branch", async () => {
    const first = createResponse({ bytes: 10 });
    const second = continueFrom(first, { bytes: 20, items: [createItem("msg_x", true)] });
    const silent = continueFrom(second, { bytes: 20, items: [] });
    const [left, right] = [continueFrom(silent, { bytes: 30 }), continueFrom(silent, { bytes: 40 })];
    for (const response of [first, second, silent, left, right]) await store().insertResponse(response);
    const listed = await store().findConversation("acme", right.id, nowMs);
    expect(listed).toMatchObject({ turns: 4, bytes: 40 });
    expect(listed?.items).toEqual(
      [first, second, right].flatMap(({ id, items }) => items.map((item) => ({ responseId: id, ...item }))),
    );
  });

  test("a conversation is its tenant's own, even where others have the same ids", async () => {
    const first = createResponse();
    const second = continueFrom(first);
    for (const response of [first, second]) {
      await store().insertResponse({ ...response, tenant: "globex", items: [createItem("msg_foreign", true)] });
      await store().insertResponse(response);
    }
    const listed = await store().findConversation("acme", second.id, nowMs);
    expect(listed?.items.map(({ id }) => id)).toEqual([...first.items, ...second.items].map(({ id }) => id));
  });

  test("a long conversation comes whole", async () => {
    let last = createResponse({ items: [createItem("msg_first", false)] });
    await store().insertResponse(last);
    for (let turn = 0; turn < 150; turn++) {
      last = continueFrom(last);
      await store().insertResponse(last);
    }
    const listed = await store().findConversation("acme", last.id, nowMs);
    expect(listed?.items).toHaveLength(301);
    expect(listed?.items[0]?.id).toBe("msg_first");
  });

  test("nothing goes on with an answer that is not there, nor with another tenant's", async () => {
    const foreign = createResponse({ tenant: "globex" });
    await store().insertResponse(foreign);
    for (const previousId of ["resp_nobody", foreign.id]) {
      const response = createResponse({ previousId });
      await expect(store().insertResponse(response)).rejects.toMatchObject({ code: "internal" });
      expect(await store().findResponse("acme", response.id, nowMs)).toBeUndefined();
    }
  });
}

function describeItems(store: () => Store): void {
  test("items are found by their ids, the newest of each", async () => {
    const first = createResponse({ items: [createItem("msg_twice", false, "old"), createItem("fc_once", true)] });
    const second = createResponse({ createdAtMs: nowMs + 1, items: [createItem("msg_twice", false, "new")] });
    for (const response of [second, first]) await store().insertResponse(response);
    const found = await store().findResponseItems("acme", ["msg_twice", "fc_once", "fc_once", "msg_nowhere"], {
      nowMs,
      maxBytes: 1e6,
    });
    expect(found).toEqual(
      new Map([
        ["msg_twice", second.items[0]?.json],
        ["fc_once", first.items[1]?.json],
      ]),
    );
  });

  test("no more of them are given than there is room for", async () => {
    const items = ["a", "b", "c"].map((name) => createItem(`big_${name}`, true, "x".repeat(1000)));
    await store().insertResponse(createResponse({ items }));
    const ids = items.map(({ id }) => id ?? "");
    expect((await store().findResponseItems("acme", ids, { nowMs, maxBytes: 2500 })).size).toBe(2);
  });
}

function describeForgetting(store: () => Store): void {
  test("what has expired is not found", async () => {
    const response = createResponse({ expiresAtMs: nowMs + 1000 });
    await store().insertResponse(response);
    expect(await store().findResponse("acme", response.id, nowMs + 999)).toBeDefined();
    expect(await store().findResponse("acme", response.id, nowMs + 1000)).toBeUndefined();
    expect(await store().findConversation("acme", response.id, nowMs + 1000)).toBeUndefined();
    const limits = { nowMs: nowMs + 1000, maxBytes: 1e6 };
    expect(await store().findResponseItems("acme", [response.items[0]?.id ?? ""], limits)).toEqual(new Map());
    expect(await store().deleteResponse("acme", response.id, nowMs + 1000)).toBe(false);
  });

  test("one that is deleted is gone at once, and an answer that goes on with it stays whole", async () => {
    const first = createResponse();
    const second = continueFrom(first);
    for (const response of [first, second]) await store().insertResponse(response);
    expect(await store().deleteResponse("acme", first.id, nowMs)).toBe(true);
    expect(await store().deleteResponse("acme", first.id, nowMs)).toBe(false);
    expect(await store().findResponse("acme", first.id, nowMs)).toBeUndefined();
    await drop(nowMs);
    expect((await store().findConversation("acme", second.id, nowMs))?.items).toHaveLength(4);
  });

  test("a conversation is freed turn by turn, once its last one has expired", async () => {
    await drop(nowMs + 100 * dayMs);
    const first = createResponse({ expiresAtMs: nowMs + 1 });
    const second = continueFrom(first, { expiresAtMs: nowMs + 2 });
    const third = continueFrom(second, { expiresAtMs: nowMs + 3 });
    for (const response of [first, second, third]) await store().insertResponse(response);
    // Somebody else's that goes on with an answer of the same id keeps nothing.
    await store().insertResponse({ ...second, tenant: "globex", previousId: undefined });
    await store().insertResponse({ ...third, tenant: "globex", previousId: second.id, expiresAtMs: nowMs + 9 * dayMs });
    expect(await drop(nowMs + 2)).toBe(0);
    expect((await store().findConversation("acme", third.id, nowMs + 2))?.items).toHaveLength(6);
    expect(await store().dropExpiredResponses(nowMs + 3)).toBe(1);
    expect(await drop(nowMs + 3)).toBe(2);
    for (const { id } of [first, second, third]) {
      expect(await store().findResponse("acme", id, nowMs - dayMs)).toBeUndefined();
    }
    // Their items went with them, or these ids would still be taken.
    await store().insertResponse(third.previousId === undefined ? third : { ...third, previousId: undefined });
  });

  async function drop(atMs: number): Promise<number> {
    let total = 0;
    for (;;) {
      const dropped = await store().dropExpiredResponses(atMs);
      if (dropped === 0) return total;
      total += dropped;
    }
  }
}
