import { automaticRoute } from "../endpoint/define-routing.ts";
import type { ModelEntry, Snapshot } from "../endpoint/snapshot.ts";
import { HeadgateError } from "../errors.ts";

/** A name that `model` may be. */
export interface ListedModel {
  readonly id: string;
  /** The provider, or `headgate` for what it makes of several. */
  readonly ownedBy: string;
}

/** Models, tiers, `auto` and endpoints of the project, in this order. Any `provider/model` of a declared provider works too. */
export function listModels({ models, tiers, endpoints, routing }: Snapshot): readonly ListedModel[] {
  const names = new Set([...endpoints.values()].map(({ name }) => `endpoint:${name}`));
  return [
    ...[...models].map(([id, entry]) => ({ id, ownedBy: toOwner(entry) })),
    ...[...tiers.keys()].map((id) => ({ id, ownedBy: "headgate" })),
    // The rules that come with Headgate need this tier.
    ...(routing || tiers.has("standard") ? [{ id: automaticRoute, ownedBy: "headgate" }] : []),
    ...[...names].map((id) => ({ id, ownedBy: "headgate" })),
  ];
}

function toOwner({ deployments }: ModelEntry): string {
  const providers = new Set(deployments.map(({ provider }) => provider));
  const [provider] = providers;
  return provider !== undefined && providers.size === 1 ? provider : "headgate";
}

/** @throws HeadgateError `model_not_found` */
export function findModel(id: string, snapshot: Snapshot): ListedModel {
  const listed = listModels(snapshot).find((model) => model.id === id);
  if (listed) return listed;
  const slash = id.indexOf("/");
  const provider = id.slice(0, Math.max(slash, 0));
  if (slash < id.length - 1 && snapshot.providers.has(provider)) return { id, ownedBy: provider };
  throw new HeadgateError("model_not_found", { detail: "The list is at /v1/models." });
}

/** OpenAI's model. @param createdAtMs what models say of their making, since it is not known */
export function toOpenAiModel({ id, ownedBy }: ListedModel, createdAtMs: number): Record<string, unknown> {
  return { id, object: "model", created: Math.floor(createdAtMs / 1000), owned_by: ownedBy };
}

export function toOpenAiModelList(models: readonly ListedModel[], createdAtMs: number): Record<string, unknown> {
  return { object: "list", data: models.map((model) => toOpenAiModel(model, createdAtMs)) };
}

/** Anthropic's model. */
export function toAnthropicModel({ id }: ListedModel, createdAtMs: number): Record<string, unknown> {
  return { type: "model", id, display_name: id, created_at: new Date(createdAtMs).toISOString() };
}

/** What a client of Anthropic's asks of the list. */
export interface ModelPage {
  /** @default 20 */
  readonly limit?: number;
  readonly afterId?: string;
  readonly beforeId?: string;
}

/** One page of the list, as Anthropic pages it. */
export function toAnthropicModelList(
  models: readonly ListedModel[],
  createdAtMs: number,
  { limit = 20, afterId, beforeId }: ModelPage = {},
): Record<string, unknown> {
  const indexOf = (id: string): number => models.findIndex((model) => model.id === id);
  const end = beforeId === undefined ? models.length : Math.max(indexOf(beforeId), 0);
  const start = afterId === undefined ? 0 : indexOf(afterId) + 1;
  const rest = models.slice(start, end);
  const page = beforeId === undefined ? rest.slice(0, limit) : rest.slice(-limit);
  return {
    data: page.map((model) => toAnthropicModel(model, createdAtMs)),
    has_more: page.length < rest.length,
    first_id: page[0]?.id ?? null,
    last_id: page.at(-1)?.id ?? null,
  };
}
