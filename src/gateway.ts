import { acceptCalls } from "./accept-call.ts";
import type { Call, ForeignRequest, Task } from "./call.ts";
import type { Message, ModelSettings, ToolSpec } from "./message.ts";
import type { Reply } from "./reply.ts";
import { systemClock } from "./clock.ts";
import type { Clock } from "./clock.ts";
import type { Environment } from "./config.ts";
import type { ConfigDefinition } from "./endpoint/define-config.ts";
import { openLiveProject } from "./endpoint/live-project.ts";
import type { LiveProject } from "./endpoint/live-project.ts";
import { loadProject } from "./endpoint/load-project.ts";
import type { LoadResult } from "./endpoint/load-project.ts";
import type { Snapshot } from "./endpoint/snapshot.ts";
import { HeadgateError } from "./errors.ts";
import { createRequestId } from "./ids.ts";
import { createOutbound } from "./outbound.ts";
import type { Outbound } from "./outbound.ts";
import { createBudgets } from "./pipeline/budget/budgets.ts";
import type { Ledger } from "./pipeline/budget/ledger.ts";
import { createPipeline } from "./pipeline/pipeline.ts";
import { describeDecisions, type DecisionRow } from "./pipeline/resilience/decisions.ts";
import type { HealthReport } from "./pipeline/resilience/health/deployment-health.ts";
import { HealthBoard } from "./pipeline/resilience/health/health-board.ts";
import { loadPrompt } from "./pipeline/prompts/load-prompt.ts";
import { logContent } from "./providers/log-content.ts";
import { findHostedProvider, findModelServer, localEngine, withPickedProvider } from "./providers/pick-provider.ts";
import type { PickedProvider } from "./providers/pick-provider.ts";
import { connectProvider, listKeyNames } from "./connect-provider.ts";
import { describeModels, type DescribedModel } from "./providers/prices/describe-models.ts";
import { createContextWindows } from "./providers/prices/find-context-window.ts";
import { createPriceList } from "./providers/prices/prices.ts";
import { createProviderPool, type ProviderPool } from "./providers/provider-pool.ts";
import { openStore } from "./store/connect.ts";
import { openJournal } from "./store/journal.ts";
import type { Journal } from "./store/journal.ts";
import { lockProcess } from "./store/process-lock.ts";
import type { SqlStore } from "./store/sql-store.ts";
import type { Store } from "./store/store.ts";
import type { CallLog, Logger } from "./telemetry/logger.ts";

/** Who calls, and how the call ends. */
export interface Caller extends Pick<Call, "tenant" | "keyId" | "keyName" | "team" | "metadata" | "cacheControl"> {
  /** A UUID from the client's X-Request-Id, or a new one. */
  readonly requestId: string;
  /** Aborts when the client is gone. */
  readonly signal: AbortSignal;
  readonly stream: boolean;
}

export interface EndpointRequest extends Caller {
  readonly endpoint: string;
  readonly contract: number;
  readonly input: unknown;
}

export interface ModelCall extends Caller {
  /** A model, a tier or `provider/model`. */
  readonly model: string;
  readonly messages: readonly Message[];
  readonly settings: ModelSettings;
  readonly output?: Call["output"];
  readonly tools?: readonly ToolSpec[];
  /** Absent: an answer is to be written. */
  readonly task?: Task;
  readonly foreign: ForeignRequest;
}

/** The one way in: HTTP, the library, jobs and evals all end here. */
export interface Gateway {
  readonly snapshot: Snapshot;
  /**
   * Whole: `reply.whole.outcome` is the answer. Streamed: `delta` and `reset` parts, then `finish` with the outcome.
   * @throws HeadgateError `endpoint_not_found`, `input_invalid`, `output_invalid`, `provider_*`, `deadline_exceeded`, ...
   */
  readonly callEndpoint: (request: EndpointRequest) => Promise<Reply>;
  /** A request of a foreign dialect. Whole: `reply.whole`, with `raw` bytes where the provider speaks the client's dialect. Streamed: `raw` parts, or typed ones. */
  readonly callModel: (request: ModelCall) => Promise<Reply>;
}

/** What may stand in for a provider that the project does not declare. */
export type ProviderSource = "hosted" | "model-server" | "local";

export interface GatewayOptions {
  /** The project folder; absent: only what `config` declares. */
  readonly folder?: string;
  /** Declarations in code, on top of the folder's. */
  readonly config?: ConfigDefinition;
  /** Holds the embedded store and the journal. */
  readonly dataFolder: string;
  readonly environment: Environment;
  /** Tried in this order for a project that declares no provider. */
  readonly sources: readonly ProviderSource[];
  readonly log: Logger;
  /** Gets every call's record. */
  readonly logCall: CallLog;
  /** @default the system's */
  readonly clock?: Clock;
}

/** A gateway with its life: close it to let calls' records reach the store and to free the data folder. */
export interface OpenGateway extends Gateway {
  readonly project: LiveProject;
  readonly store: Store;
  readonly journal: Journal;
  /** Set when the project declares no provider. */
  readonly picked: PickedProvider | undefined;
  /** Refuses new calls, ends those at work with `shutting_down`, and waits for their records, at most `timeoutMs`. */
  readonly endCalls: (timeoutMs: number) => Promise<void>;
  /** How the deployments are that were called in this process. */
  readonly listBreakers: () => readonly HealthReport[];
  close(): Promise<void>;
}

/** For the calls at work to end, and again for their records to reach the store. */
const closeTimeoutMs = 5000;

/**
 * The composition root: it and connect-provider.ts are the only places that name concrete providers and stores.
 * @throws HeadgateError `project_invalid`, `provider_missing`, `store_locked`, `store_unavailable`, `config_invalid`.
 */
export async function openGateway(options: GatewayOptions): Promise<OpenGateway> {
  const { folder, config, dataFolder, environment, log, logCall } = options;
  const clock = options.clock ?? systemClock;
  // Closes what is open so far, last opened first: at the end, or when opening fails midway.
  const opened = new AsyncDisposableStack();
  try {
    const outbound = opened.adopt(createOutbound({ clock }), (resource) => resource.close());
    // The store takes the longest to open and needs nothing from the project.
    const opening = openStore({ databaseUrl: environment.databaseUrl, folder: dataFolder, clock, log });
    opened.defer(() => opening.then((resource) => resource.close(), ignore));
    const project = await openLiveProject({ folder, config, loadPrompt });
    requireKeys(project.snapshot, environment);
    const picked = await pickProvider(project.snapshot, options, outbound, clock);
    const store = await opening;
    const journal = opened.adopt(await openJournal({ folder: dataFolder, store, clock, log }), (resource) =>
      resource.close(closeTimeoutMs),
    );
    const providers = opened.adopt(openProviders(options, outbound, clock), (resource) => resource.close());
    const complete = memoize((snapshot: Snapshot) => completeSnapshot(snapshot, picked, options));
    const budgets = opened.adopt(openBudgets({ ...options, clock, store, journal, project }), (resource) =>
      resource.close(),
    );
    const board = new HealthBoard({ clock });
    board.onChange((change) => log.warn({ event: "breaker.changed", ...change }));
    const run = createPipeline({
      journal,
      clock,
      onRecord: logCall,
      priceOf: createPriceList({ clock, onUnknown: (model) => log.warn({ event: "price.unknown", ...model }) }),
      findProvider: (name, call) => providers.find(name, call.snapshot),
      board,
      findContextWindow: createContextWindows({ clock }),
      ledger: budgets.ledger,
    });
    const calls = opened.adopt(
      acceptCalls({ currentSnapshot: () => complete(project.snapshot), run, clock }),
      (resource) => resource.close(closeTimeoutMs),
    );
    return {
      get snapshot() {
        return calls.snapshot;
      },
      callEndpoint: calls.callEndpoint,
      callModel: calls.callModel,
      project,
      store,
      journal,
      picked,
      endCalls: calls.close,
      listBreakers: () => board.list(clock.now()),
      close: () => opened.disposeAsync(),
    };
  } catch (error) {
    await opened.disposeAsync();
    throw error;
  }
}

function openProviders({ environment, log }: GatewayOptions, outbound: Outbound, clock: Clock): ProviderPool {
  return createProviderPool((name, provider) => {
    const created = connectProvider({ name, options: provider, environment, outbound, clock });
    if (!environment.logContent) return created;
    return logContent(created, (exchange) => log.info({ event: "model.called", ...exchange }));
  });
}

interface BudgetParts extends Pick<GatewayOptions, "dataFolder" | "log"> {
  readonly clock: Clock;
  readonly store: SqlStore;
  readonly journal: Journal;
  readonly project: Pick<LiveProject, "snapshot">;
}

function openBudgets({ dataFolder, log, clock, store, journal, project }: BudgetParts): {
  readonly ledger: Ledger;
  close(): Promise<void>;
} {
  const processId = createRequestId(clock.now());
  const lock = lockProcess(dataFolder, processId);
  const budgets = createBudgets({
    store,
    clock,
    processId,
    currentSnapshot: () => project.snapshot,
    // Nobody else can have an embedded store open.
    watch: { hasEnded: (id) => store.kind === "embedded" || lock.hasEnded(id), adopt: () => journal.adopt() },
    onFailure: (error) =>
      log.warn({ event: "budgets.unsynced", err: error }, "The store cannot be asked about budgets."),
  });
  store.followRecords(budgets.count);
  return {
    ledger: budgets.ledger,
    close: async () => {
      await budgets.close({ isStored: await isFlushed(journal, clock) });
      lock.release();
    },
  };
}

/** False: some records wait on disk for a store that is down. */
async function isFlushed(journal: Journal, clock: Clock): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const cancelTimer = clock.after(closeTimeoutMs, () => resolve(false));
  journal.flush().then(
    () => resolve(true),
    () => resolve(false),
  );
  return promise.finally(cancelTimer);
}

/** Loads a project without serving it, to tell its mistakes. */
export function checkProject(folder: string): Promise<LoadResult> {
  return loadProject({ folder }, { loadPrompt });
}

/** What a project's config makes of its models: prices, context windows, capabilities. Asks nobody. */
export function describeProjectModels(snapshot: Snapshot): Promise<readonly DescribedModel[]> {
  return describeModels(snapshot, systemClock);
}

/** What each failure of a model call leads to. */
export function describeRetries(): readonly DecisionRow[] {
  return describeDecisions();
}

/** The store alone, for a command that no server is running for. @throws HeadgateError `store_locked`, `store_unavailable` */
export function openProjectStore(options: Pick<GatewayOptions, "dataFolder" | "environment" | "log">): Promise<Store> {
  const { dataFolder, environment, log } = options;
  return openStore({ databaseUrl: environment.databaseUrl, folder: dataFolder, clock: systemClock, log });
}

/** Variables of the environment that the snapshot's providers need and do not find. */
export function findMissingKeys({ providers }: Snapshot, environment: Environment): readonly string[] {
  const needed = [...providers.values()].flatMap(listKeyNames);
  return [...new Set(needed)].filter((name) => environment.secret(name) === undefined);
}

function requireKeys(snapshot: Snapshot, environment: Environment): void {
  const missing = findMissingKeys(snapshot, environment);
  if (missing.length === 0) return;
  throw new HeadgateError("config_invalid", {
    detail: `The project's providers need environment variables that are not set: ${missing.join(", ")}.`,
  });
}

async function pickProvider(
  snapshot: Snapshot,
  { sources, environment, log }: GatewayOptions,
  outbound: Outbound,
  clock: Clock,
): Promise<PickedProvider | undefined> {
  if (snapshot.providers.size > 0) return undefined;
  const find: Record<ProviderSource, () => PickedProvider | undefined | Promise<PickedProvider | undefined>> = {
    hosted: () => findHostedProvider(environment),
    "model-server": () => findModelServer(outbound, clock.now()),
    local: () => localEngine,
  };
  for (const source of sources) {
    const picked = await find[source]();
    if (!picked) continue;
    if (source === "local") log.warn({ event: "provider.picked", provider: picked.name }, picked.why);
    else log.info({ event: "provider.picked", provider: picked.name }, picked.why);
    return picked;
  }
  throw new HeadgateError("provider_missing", {
    detail: "Declare one under `providers` in headgate.config.ts, or set OPENAI_API_KEY (or another vendor's key).",
  });
}

// A reload may bring the first declared provider, or take the last one away: each snapshot decides for itself.
function completeSnapshot(
  snapshot: Snapshot,
  picked: PickedProvider | undefined,
  { sources, environment }: GatewayOptions,
): Snapshot {
  if (snapshot.providers.size > 0) return snapshot;
  const stand = picked ?? findHostedProvider(environment) ?? (sources.includes("local") ? localEngine : undefined);
  return stand ? withPickedProvider(snapshot, stand) : snapshot;
}

function ignore(): void {}

function memoize<T extends object, R>(compute: (value: T) => R): (value: T) => R {
  let last: { readonly value: T; readonly result: R } | undefined;
  return (value) => {
    if (last?.value !== value) last = { value, result: compute(value) };
    return last.result;
  };
}
