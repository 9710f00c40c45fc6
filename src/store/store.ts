import type { AttemptNote, CacheStatus, RouteFeatures, RungNote } from "../call.ts";
import type { FinishReason } from "../reply.ts";
import type { ErrorCode } from "../errors.ts";
import type { AlertStore } from "./budget-alert.ts";
import type { UsageStore } from "./usage.ts";

/** What became of one accepted call. Holds no prompt text, input or answer. */
export interface CallRecord {
  readonly requestId: string;
  readonly startedAtMs: number;
  readonly durationMs: number;
  readonly firstPartMs?: number;
  /** What was called: an endpoint, in whichever dialect, or what of a foreign API. */
  readonly surface: "endpoint" | "chat" | "responses" | "messages" | "count-tokens" | "embeddings" | "moderations";
  readonly tenant: string;
  readonly keyId?: string;
  readonly team?: string;
  readonly endpoint?: string;
  readonly contract?: number;
  readonly promptVersion?: string;
  readonly promptSha256?: string;
  readonly snapshotId: string;
  readonly tier?: string;
  readonly rule?: string;
  readonly provider?: string;
  readonly model?: string;
  readonly status: "ok" | "fallback" | "refused" | "error" | "cancelled";
  readonly errorCode?: ErrorCode;
  readonly finishReason?: FinishReason;
  readonly isStream: boolean;
  readonly inputTokens: number;
  readonly outputTokens: number;
  /** Absent: 0. */
  readonly cachedInputTokens?: number;
  /** Absent: 0. */
  readonly cacheWriteTokens?: number;
  /** Absent: 0. */
  readonly reasoningTokens?: number;
  /** Absent: false. */
  readonly isUsageEstimated?: boolean;
  /** Integer micro-dollars of all model calls; null when the price of any is unknown. */
  readonly costMicroUsd: number | null;
  readonly cache: CacheStatus;
  /** Tokens of the model calls that reuse has spared. Absent: 0. */
  readonly savedInputTokens?: number;
  /** Absent: 0. */
  readonly savedOutputTokens?: number;
  /** Their price, as far as it is known. Absent: 0. */
  readonly savedMicroUsd?: number;
  /** Version of the rule set that chose the model. Absent: it was named. */
  readonly ruleSet?: string;
  readonly routeFeatures?: RouteFeatures;
  /** The number of model calls. */
  readonly attempts: number;
  /** Absent when there was one call and it succeeded: the other fields tell it. */
  readonly attemptDetails?: readonly AttemptNote[];
  /** Absent: none was taken. */
  readonly rungs?: readonly RungNote[];
}

export type KeyScope = "call" | "admin";

/** A client key as stored: the secret itself is never kept. */
export interface KeyRow {
  readonly id: string;
  readonly name: string;
  readonly tenant: string;
  /** Shares budgets and limits with the team's other keys. */
  readonly team?: string;
  readonly scopes: readonly KeyScope[];
  /** Lower-case hex SHA-256 of the whole key text. */
  readonly sha256: string;
  readonly createdAtMs: number;
  readonly revokedAtMs?: number;
}

export interface RecordQuery {
  readonly endpoint?: string;
  readonly status?: CallRecord["status"];
  /** Rows started before this moment, for paging. */
  readonly beforeMs?: number;
  /** 1 to 500. */
  readonly limit: number;
}

/** An item of a conversation, as JSON. */
export interface StoredItem {
  /** Absent: nobody can refer to it. */
  readonly id?: string;
  /** True: the answer said it; false: the request did. */
  readonly isOutput: boolean;
  readonly json: string;
}

/** An answer of the Responses API, with what its request and it added to the conversation. */
export interface StoredResponse {
  /** Whose it is: with `id`, its key. */
  readonly tenant: string;
  readonly id: string;
  /** The answer that it goes on with, which is kept for as long as this one. */
  readonly previousId?: string;
  readonly createdAtMs: number;
  readonly expiresAtMs: number;
  /** Of the conversation up to here, this turn included. */
  readonly turns: number;
  /** Of all items of the conversation up to here. */
  readonly bytes: number;
  /** The answer as JSON. */
  readonly body: string;
  /** In order: what the request added, then what the answer did. */
  readonly items: readonly StoredItem[];
}

interface StoredConversation extends Pick<StoredResponse, "turns" | "bytes"> {
  /** From its beginning. */
  readonly items: readonly (StoredItem & { readonly responseId: string })[];
}

/** Answers that are kept for a while. What has expired at `nowMs` is not found, and neither is another tenant's. */
export interface ResponseStore {
  /** Rejects with `internal` if the id is taken, or the answer before is gone. */
  insertResponse(response: StoredResponse): Promise<void>;
  /** The answer with its own items. */
  findResponse(tenant: string, id: string, nowMs: number): Promise<StoredResponse | undefined>;
  /** The conversation up to and with the answer. */
  findConversation(tenant: string, id: string, nowMs: number): Promise<StoredConversation | undefined>;
  /** The newest of each id, up to `maxBytes` of JSON together. */
  findResponseItems(
    tenant: string,
    itemIds: readonly string[],
    limits: { readonly nowMs: number; readonly maxBytes: number },
  ): Promise<ReadonlyMap<string, string>>;
  /** From now on it is not found; answers that go on with it are. Returns false if there is none. */
  deleteResponse(tenant: string, id: string, nowMs: number): Promise<boolean>;
  /** Frees a bounded number of expired answers that no other goes on with. Returns how many. */
  dropExpiredResponses(nowMs: number): Promise<number>;
}

/** An answer that serves later requests of its tenant that ask for the same. */
export interface StoredAnswer {
  /** Whose it is: with `key`, its name. */
  readonly tenant: string;
  /** Hash of what was asked. */
  readonly key: string;
  readonly createdAtMs: number;
  readonly expiresAtMs: number;
  /** As JSON. */
  readonly body: string;
}

/** Answers that are used again. What has expired at `nowMs` is not found, and neither is another tenant's. */
export interface AnswerStore {
  /** Answers as JSON, one for each key, in order. */
  findAnswers(
    keys: readonly Pick<StoredAnswer, "tenant" | "key">[],
    nowMs: number,
  ): Promise<readonly (string | undefined)[]>;
  /** The newest that have not expired. */
  listAnswerKeys(limit: number, nowMs: number): Promise<readonly string[]>;
  /** Puts each in the place of an older one. */
  insertAnswers(answers: readonly StoredAnswer[]): Promise<void>;
  /** Frees a bounded number of expired answers. Returns how many. */
  dropExpiredAnswers(nowMs: number): Promise<number>;
}

/** One carrying out of a request with an Idempotency-Key. */
export interface ClaimName {
  readonly tenant: string;
  /** Of the API key, the route and the client's key together, in lower-case hex. */
  readonly keySha256: string;
  /** Names it: a key that was freed may be claimed again. */
  readonly run: string;
}

export interface Claim extends ClaimName {
  /** Of what the key was claimed for, in lower-case hex. */
  readonly requestSha256: string;
  /** Names the process that carries it out. */
  readonly owner: string;
  readonly expiresAtMs: number;
}

/** An answer as it was sent, to be sent again. */
export interface KeptAnswer {
  readonly requestId: string;
  readonly status: number;
  /** Names and values in turns. */
  readonly headers: readonly string[];
  readonly isStream: boolean;
  readonly body: Uint8Array;
}

/** What is known of an Idempotency-Key. */
export interface KnownClaim extends Pick<Claim, "run" | "requestSha256" | "owner"> {
  /** `unkept`: carried out, and the answer was too large to be kept. */
  readonly state: "running" | "answered" | "unkept";
  /** Of one that runs: when its process counts as gone, unless it says before that it is there. */
  readonly aliveUntilMs: number;
  /** Of one that is answered. */
  readonly answer?: KeptAnswer;
}

/** Requests with an Idempotency-Key. What has expired at `nowMs` is not found, and neither is another tenant's. */
export interface IdempotencyStore {
  /**
   * Commits the claims of keys that nobody holds; none holds the same key as another.
   * Resolves to the runs of those that got theirs.
   */
  claimKeys(
    claims: readonly Claim[],
    times: { readonly nowMs: number; readonly aliveUntilMs: number },
  ): Promise<ReadonlySet<string>>;
  findClaim(tenant: string, keySha256: string, nowMs: number): Promise<KnownClaim | undefined>;
  /** Says that their process is there. */
  renewClaims(claims: readonly ClaimName[], aliveUntilMs: number): Promise<void>;
  /** It was carried out. @param answer undefined: too large to be kept */
  settleClaim(claim: ClaimName, answer: KeptAnswer | undefined, expiresAtMs: number): Promise<void>;
  /** Frees the key, as if it had never been used. */
  releaseClaim(claim: ClaimName): Promise<void>;
  /** Frees a bounded number of expired ones. Returns how many. */
  dropExpiredClaims(nowMs: number): Promise<number>;
}

/** A setting that is changed while servers run, such as the rule set in force. */
export interface Switch {
  readonly name: string;
  readonly value: string;
  /** What it was before, for a rollback. */
  readonly previous?: string;
  readonly changedAtMs: number;
}

export interface SwitchStore {
  listSwitches(): Promise<readonly Switch[]>;
  /** Sets it, keeping what it was. Resolves to the switch as it is now. */
  setSwitch(name: string, value: string, atMs: number): Promise<Switch>;
}

/** What a budget counts in. */
export type BudgetUnit = "microUsd" | "tokens";

/** One window of one budget of one subject. */
export interface BudgetAccount {
  /** The budget's name. */
  readonly budget: string;
  /** Whose it is: the id of a key, a team, an endpoint, a tenant, or "" for all calls together. */
  readonly subject: string;
  readonly unit: BudgetUnit;
  readonly windowStartMs: number;
  readonly windowEndMs: number;
}

/** How a process wants its lease of an account to change, and what it says of it. */
export interface LeaseRequest extends BudgetAccount {
  readonly limit: number;
  /** What the process knows to hold. What it holds beyond was granted by an answer that never came, and is taken back. */
  readonly holds: number;
  /** What calls wait for: granted whole, or not at all. 0: none does. */
  readonly need: number;
  /** On top, for calls to come: granted as far as it is there. Below 0: given back. */
  readonly slack: number;
  /** What calls under way may cost at most, for reports. */
  readonly reserved: number;
}

export interface LeaseAnswer {
  /** By how much the lease has changed from what the process knew. */
  readonly granted: number;
  /** Of the account, by all processes. */
  readonly spent: number;
  /** By all processes, after the change. */
  readonly held: number;
  /** What calls of other processes wait for. */
  readonly wantedByOthers: number;
}

export interface BudgetSpending extends BudgetAccount {
  readonly amount: number;
}

export interface BudgetBalance extends BudgetAccount {
  readonly spent: number;
  readonly held: number;
  /** What calls under way may cost at most, in all processes. */
  readonly reserved: number;
}

/** A process that has said that it lives. */
export interface SeenProcess {
  readonly id: string;
  /** For how long it has said nothing, by the store's clock. */
  readonly silentMs: number;
}

/** Budgets over processes: each holds leases, which it may spend from without asking. */
export interface BudgetStore {
  /** Changes leases, one answer for each request, in order. What is spent and held together never passes a limit by it. */
  changeLeases(processId: string, requests: readonly LeaseRequest[]): Promise<readonly LeaseAnswer[]>;
  /**
   * Adds what records have cost, and takes it from the process's leases as far as they have it; resolves to how much was
   * taken from each, in order. Belongs into the transaction that stores the records.
   * @param processId absent: the records are of a process that is gone
   */
  addSpending(spending: readonly BudgetSpending[], processId?: string): Promise<readonly number[]>;
  /** Of the windows that begin at these moments, those that anything is known of. */
  listBalances(windowStartsMs: readonly number[]): Promise<readonly BudgetBalance[]>;
  /** Says that the process lives. Resolves to the others, and whether this one was known. */
  beat(processId: string): Promise<{ readonly wasKnown: boolean; readonly others: readonly SeenProcess[] }>;
  /** Gives back what the processes hold, and forgets them. */
  endProcesses(processIds: readonly string[]): Promise<void>;
  /** Forgets windows that ended before. */
  dropBudgetWindows(beforeMs: number): Promise<void>;
}

/**
 * The one door to durable state; all SQL lives behind it.
 * Every method rejects with `store_unavailable` when the database cannot be reached within its deadline.
 */
export interface Store
  extends ResponseStore, AnswerStore, IdempotencyStore, SwitchStore, BudgetStore, UsageStore, AlertStore {
  readonly kind: "embedded" | "postgres";
  insertKey(key: KeyRow): Promise<void>;
  listKeys(): Promise<readonly KeyRow[]>;
  /** Returns false if there is no such key, or it was revoked before. */
  revokeKey(id: string, atMs: number): Promise<boolean>;
  /** Idempotent by request id: a record that is already there is left as it is. */
  insertRecords(records: readonly CallRecord[]): Promise<void>;
  findRecord(requestId: string): Promise<CallRecord | undefined>;
  /** Newest first. */
  listRecords(query: RecordQuery): Promise<readonly CallRecord[]>;
  countRecords(): Promise<number>;
  /** A round trip to the database; rejects when it fails. */
  ping(): Promise<void>;
  /** Waits for work in flight, then closes. Safe to call twice. */
  close(): Promise<void>;
}
