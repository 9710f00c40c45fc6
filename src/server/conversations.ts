import { createItemIds } from "../contract/openai-responses/item-ids.ts";
import type { Item } from "../contract/openai-responses/responses-request-schema.ts";
import { listReferences, toStorableId, toStoredItems } from "../contract/openai-responses/stored-items.ts";
import type { Clock } from "../clock.ts";
import { HeadgateError } from "../errors.ts";
import { isRecord, parseJson } from "../json.ts";
import type { Store, StoredItem } from "../store/store.ts";
import type { Logger } from "../telemetry/logger.ts";
import { within } from "./within.ts";

/** Bounds of what is kept. */
interface ConversationLimits {
  /** Of all items of one conversation, and of one answer without its items. @default 4194304 */
  readonly mostBytes: number;
  /** Answers in a row. @default 1000 */
  readonly mostTurns: number;
  /** Most items that one request may refer to. @default 1000 */
  readonly mostReferences: number;
  /** Longest that the end of an answer waits to be kept, in milliseconds. @default 5000 */
  readonly keepTimeoutMs: number;
}

const defaultConversationLimits: ConversationLimits = {
  mostBytes: 4 * 1024 * 1024,
  mostTurns: 1000,
  mostReferences: 1000,
  keepTimeoutMs: 5000,
};

/** The conversation that a request goes on with. */
export interface Conversation {
  readonly previousId: string;
  readonly turns: number;
  readonly bytes: number;
  readonly items: readonly Item[];
}

/** An answer to be kept. */
export interface Turn {
  readonly tenant: string;
  /** A UUID, for the ids of the input's items. */
  readonly requestId: string;
  readonly before: Conversation | undefined;
  readonly input: readonly Item[];
  readonly response: Readonly<Record<string, unknown>>;
  readonly retentionDays: number;
}

/** Keeps the conversations of tenants, and finds them again. */
export interface Conversations {
  /** @throws HeadgateError `response_not_found`; `request_invalid` if it cannot go on */
  resume(tenant: string, previousId: string): Promise<Conversation>;
  /** Puts kept items in the place of references. @throws HeadgateError `response_not_found` for one that is not kept */
  resolve(tenant: string, body: Item, before: Conversation | undefined): Promise<Item>;
  /** Resolves to why the answer could not be kept; undefined: it is. Never rejects. */
  keep(turn: Turn): Promise<string | undefined>;
}

export interface ConversationsOptions {
  readonly store: Store;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly limits?: Partial<ConversationLimits>;
}

export function createConversations(options: ConversationsOptions): Conversations {
  const { store, clock, logger } = options;
  const limits = { ...defaultConversationLimits, ...options.limits };

  async function resume(tenant: string, previousId: string): Promise<Conversation> {
    const found = await store.findConversation(tenant, previousId, clock.now());
    if (!found) throw notFound("/previous_response_id", "There is no such response, or it is no longer kept");
    const { turns, bytes } = found;
    if (turns >= limits.mostTurns) {
      const message = `The conversation has ${turns} answers, which is the most; begin a new one`;
      const issues = [{ path: "/previous_response_id", message }];
      throw new HeadgateError("request_invalid", { detail: `/previous_response_id: ${message}.`, issues });
    }
    return { previousId, turns, bytes, items: parseItems(found.items) };
  }

  async function resolve(tenant: string, body: Item, before: Conversation | undefined): Promise<Item> {
    const { input } = body;
    const references = listReferences(input);
    if (references.length === 0 || !Array.isArray(input)) return body;
    if (references.length > limits.mostReferences) {
      const message = `There are more than ${limits.mostReferences} references`;
      throw new HeadgateError("request_invalid", {
        detail: `/input: ${message}.`,
        issues: [{ path: "/input", message }],
      });
    }
    const resumed = new Set(before?.items.map(toStorableId));
    const wanted = references.filter(({ id }) => !resumed.has(id));
    const ids = wanted.map(({ id }) => id);
    const found = await store.findResponseItems(tenant, ids, { nowMs: clock.now(), maxBytes: limits.mostBytes });
    const missing = wanted.find(({ id }) => !found.has(id));
    if (missing) throw notFound(`/input/${missing.index}`, "There is no such item, or it is no longer kept");
    // What the conversation holds anyway is not said twice.
    const placed = new Map(references.map(({ id, index }) => [index, found.get(id)]));
    const items = input.flatMap((item: unknown, index) => {
      if (!placed.has(index)) return [item];
      const json = placed.get(index);
      return json === undefined ? [] : [parseJson(json)];
    });
    return { ...body, input: items };
  }

  async function keep(turn: Turn): Promise<string | undefined> {
    try {
      const row = toRow(turn, limits, clock.now());
      if (typeof row === "string") return row;
      await within(clock, limits.keepTimeoutMs, store.insertResponse(row));
      return undefined;
    } catch (error) {
      logger.warn(
        { event: "response.not_kept", requestId: turn.requestId, err: error },
        "An answer could not be kept.",
      );
      return "the store did not take it";
    }
  }

  return { resume, resolve, keep };
}

/** Reads what the store holds as JSON. */
export function parseItems(items: readonly StoredItem[]): readonly Item[] {
  const parsed = parseJson(`[${items.map(({ json }) => json).join(",")}]`);
  return Array.isArray(parsed) ? parsed.filter(isRecord) : [];
}

const dayMs = 86_400_000;

function toRow(turn: Turn, limits: ConversationLimits, nowMs: number): Parameters<Store["insertResponse"]>[0] | string {
  const { tenant, requestId, before, input, response, retentionDays } = turn;
  const id = toStorableId(response);
  if (id === undefined) return "it has no id that it could be found by";
  const output = Array.isArray(response["output"]) ? response["output"].filter(isRecord) : [];
  const items = [
    ...toStoredItems(input, createItemIds(requestId)).map((item) => toStoredItem(item, false)),
    ...output.map((item) => toStoredItem(item, true)),
  ];
  const bytes = items.reduce((sum, { json }) => sum + Buffer.byteLength(json), before?.bytes ?? 0);
  const previous = before ? { previous_response_id: before.previousId } : {};
  // The items have their own place.
  const body = JSON.stringify({ ...response, ...previous, output: [] });
  if (bytes > limits.mostBytes || Buffer.byteLength(body) > limits.mostBytes) {
    return `the conversation is larger than ${limits.mostBytes} bytes`;
  }
  return {
    tenant,
    id,
    ...(before ? { previousId: before.previousId } : {}),
    createdAtMs: nowMs,
    expiresAtMs: nowMs + retentionDays * dayMs,
    turns: (before?.turns ?? 0) + 1,
    bytes,
    body,
    items,
  };
}

function toStoredItem(item: Item, isOutput: boolean): StoredItem {
  const id = toStorableId(item);
  return { ...(id === undefined ? {} : { id }), isOutput, json: JSON.stringify(item) };
}

function notFound(path: string, message: string): HeadgateError {
  return new HeadgateError("response_not_found", { detail: `${path}: ${message}.`, issues: [{ path, message }] });
}
