import { acceptCalls } from "./accept-call.ts";
import type { Call, ForeignRequest, Message, ModelSettings, Reply, ToolSpec } from "./call.ts";
import { systemClock } from "./clock.ts";
import type { Clock } from "./clock.ts";
import type { Environment } from "./config.ts";
import type { ConfigDefinition, ProviderOptions } from "./endpoint/define-config.ts";
import { openLiveProject } from "./endpoint/live-project.ts";
import type { LiveProject } from "./endpoint/live-project.ts";
import { loadProject } from "./endpoint/load-project.ts";
import type { LoadResult } from "./endpoint/load-project.ts";
import type { Snapshot } from "./endpoint/snapshot.ts";
import { HeadgateError } from "./errors.ts";
import { createOutbound } from "./outbound.ts";
import type { Outbound } from "./outbound.ts";
import { createPipeline } from "./pipeline/pipeline.ts";
import { loadPrompt } from "./pipeline/prompts/load-prompt.ts";
import { createEmbedder } from "./providers/local/embed.ts";
import { createLocalProvider } from "./providers/local/local.ts";
import { createOpenAiChatProvider } from "./providers/openai-chat/openai-chat.ts";
import { findHostedProvider, findModelServer, localEngine, withPickedProvider } from "./providers/pick-provider.ts";
import type { PickedProvider } from "./providers/pick-provider.ts";
import { createProviderPool } from "./providers/provider-pool.ts";
import type { Provider } from "./providers/provider.ts";
import { openStore } from "./store/connect.ts";
import { openJournal } from "./store/journal.ts";
import type { Journal } from "./store/journal.ts";
import type { Store } from "./store/store.ts";
import type { CallLog, Logger } from "./telemetry/logger.ts";

/** Who calls, and how the call ends. */
export interface Caller {
  readonly tenant: string;
  readonly keyId?: string;
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

export interface ChatRequest extends Caller {
  /** A model, a tier or `provider/model`. */
  readonly model: string;
  readonly messages: readonly Message[];
  readonly settings: ModelSettings;
  readonly output?: Call["output"];
  readonly tools?: readonly ToolSpec[];
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
  /** Whole: `reply.whole`, with `raw` bytes where the provider speaks the client's dialect. Streamed: `raw` parts, or typed ones. */
  readonly chat: (request: ChatRequest) => Promise<Reply>;
}

/** What may stand in for a provider that the project does not declare. */
export type ProviderSource = "declared" | "hosted" | "model-server" | "local";

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
  close(): Promise<void>;
}

const journalCloseMs = 5000;

/**
 * The composition root: the only place that names concrete providers and stores.
 * @throws HeadgateError `project_invalid`, `provider_missing`, `store_locked`, `store_unavailable`, `config_invalid`.
 */
export async function openGateway(options: GatewayOptions): Promise<OpenGateway> {
  const { folder, config, dataFolder, environment, log, logCall } = options;
  const clock = options.clock ?? systemClock;
  const outbound = createOutbound({ clock });
  // The store takes the longest to open and needs nothing from the project.
  const opening = openStore({ databaseUrl: environment.databaseUrl, folder: dataFolder, clock, log });
  // Awaited only after the project has loaded; until then its failure belongs to nobody.
  opening.catch(() => {});
  let project: LiveProject;
  let picked: PickedProvider | undefined;
  try {
    project = await openLiveProject({ folder, config, loadPrompt });
    picked = project.snapshot.providers.size > 0 ? undefined : await pickProvider(options, outbound, clock);
  } catch (error) {
    await opening.then((store) => store.close()).catch(() => {});
    await outbound.close();
    throw error;
  }
  const store = await opening;
  const journal = await openJournal({ folder: dataFolder, store, clock, log });
  const providers = createProviderPool((name, provider) =>
    createProvider(name, provider, environment, outbound, clock),
  );
  const currentSnapshot = memoize((snapshot: Snapshot) => (picked ? withPickedProvider(snapshot, picked) : snapshot));
  const gateway = acceptCalls({
    currentSnapshot: () => currentSnapshot(project.snapshot),
    run: createPipeline({
      journal,
      clock,
      onRecord: logCall,
      findProvider: (name, call) => providers.find(name, call.snapshot),
    }),
    clock,
  });
  return {
    get snapshot() {
      return gateway.snapshot;
    },
    callEndpoint: gateway.callEndpoint,
    chat: gateway.chat,
    project,
    store,
    journal,
    picked,
    close: async () => {
      await providers.close();
      await journal.close(journalCloseMs);
      await store.close();
      await outbound.close();
    },
  };
}

/** Loads a project without serving it, to tell its mistakes. */
export function checkProject(folder: string): Promise<LoadResult> {
  return loadProject({ folder }, { loadPrompt });
}

/** The store alone, for a command that no server is running for. @throws HeadgateError `store_locked`, `store_unavailable` */
export function openProjectStore(options: Pick<GatewayOptions, "dataFolder" | "environment" | "log">): Promise<Store> {
  const { dataFolder, environment, log } = options;
  return openStore({ databaseUrl: environment.databaseUrl, folder: dataFolder, clock: systemClock, log });
}

async function pickProvider(options: GatewayOptions, outbound: Outbound, clock: Clock): Promise<PickedProvider> {
  const find: Record<ProviderSource, () => PickedProvider | undefined | Promise<PickedProvider | undefined>> = {
    declared: () => undefined,
    hosted: () => findHostedProvider(options.environment),
    "model-server": () => findModelServer(outbound, clock.now()),
    local: () => localEngine,
  };
  for (const source of options.sources) {
    const picked = await find[source]();
    if (picked) return picked;
  }
  throw new HeadgateError("provider_missing", {
    detail: "Declare one under `providers` in headgate.config.ts, or set OPENAI_API_KEY (or another vendor's key).",
  });
}

function createProvider(
  name: string,
  options: ProviderOptions,
  environment: Environment,
  outbound: Outbound,
  clock: Clock,
): Provider {
  if (options.type === "local") return createLocalProvider({ clock, embed: createEmbedder({ clock }) });
  const { baseUrl, apiKeyEnv, hasSchemaMode = true } = options;
  const apiKey = apiKeyEnv === undefined ? undefined : environment.secret(apiKeyEnv);
  if (apiKeyEnv !== undefined && apiKey === undefined) {
    throw new HeadgateError("provider_auth", {
      detail: `The provider ${name} needs the environment variable ${apiKeyEnv}.`,
    });
  }
  return createOpenAiChatProvider({ name, baseUrl, apiKey, hasSchemaMode, outbound, clock });
}

function memoize<T extends object, R>(compute: (value: T) => R): (value: T) => R {
  let last: { readonly value: T; readonly result: R } | undefined;
  return (value) => {
    if (last?.value !== value) last = { value, result: compute(value) };
    return last.result;
  };
}
