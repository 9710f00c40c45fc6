import type { MessagePort } from "node:worker_threads";

/** What the engine's worker thread is started with. */
export interface EngineStart {
  readonly dataFolder: string;
}

export type EngineCommand = { readonly type: "connect"; readonly port: MessagePort } | { readonly type: "close" };

export type EngineReport =
  | { readonly type: "ready" }
  | { readonly type: "failed"; readonly reason: string; readonly log: readonly string[] }
  | { readonly type: "closed" };
