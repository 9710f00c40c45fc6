export { createScriptedProvider, type ScriptedProvider, type ScriptedProviderOptions } from "./scripted-provider.ts";
export type { ScriptedAnswer, ScriptedUsage } from "./scripted-answer.ts";
export type { Ledger, SeenRequest } from "./ledger.ts";
