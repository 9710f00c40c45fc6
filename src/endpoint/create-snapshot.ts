import { sha256 } from "../ids.ts";
import { keyOf } from "./check-references.ts";
import { pickRelease } from "./compare-versions.ts";
import { automaticRoute } from "./define-routing.ts";
import { freezeDeep, freezeMap } from "./freeze-deep.ts";
import type { LoadedConfig } from "./load-config.ts";
import type { EndpointDraft } from "./load-endpoint.ts";
import type { ReleaseEntry } from "./read-releases.ts";
import type { LoadedEndpoint, LoadedPrompt, Snapshot } from "./snapshot.ts";
import { toEndpointReuse, toTokenLimits } from "./to-money.ts";

type Releases = ReadonlyMap<string, ReleaseEntry>;

/** Fills in every default and freezes the whole. Only for drafts that nothing was reported about. */
export function createSnapshot(config: LoadedConfig, drafts: readonly EndpointDraft[], releases: Releases): Snapshot {
  const sorted = drafts.toSorted((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
  const endpoints = sorted.map((draft) => [keyOf(draft), createEndpoint(draft, releases)] as const);
  const content = [
    sortEntries(config.providers),
    sortEntries(config.models),
    sortEntries(config.tiers),
    endpoints.map(([key, endpoint], index) => [key, describeContent(endpoint, sorted[index]!)]),
    config.resilience,
    ...(config.responseRetentionDays === undefined ? [] : [config.responseRetentionDays]),
    config.routing && [sortEntries(config.routing.sets), config.routing.use],
    config.budgets?.map(({ only, ...budget }) => [budget, ...(only ?? [])]),
    config.rateLimits?.map(({ only, ...limit }) => [limit, ...(only ?? [])]),
    config.reuse,
    config.idempotencyHours,
  ];
  return Object.freeze({
    id: sha256(JSON.stringify(content, toText)).slice(0, idLength),
    endpoints: freezeMap(endpoints),
    providers: freezeMap(freezeDeep([...config.providers])),
    models: freezeMap(freezeDeep(structuredClone([...config.models]))),
    tiers: freezeMap(freezeDeep(structuredClone([...config.tiers]))),
    resilience: freezeDeep(structuredClone(config.resilience)),
    ...(config.responseRetentionDays === undefined ? {} : { responseRetentionDays: config.responseRetentionDays }),
    ...pickMoney(config),
  });
}

const idLength = 12;

function pickMoney({ routing, budgets, rateLimits, reuse, idempotencyHours }: LoadedConfig): Partial<Snapshot> {
  return {
    ...(routing ? { routing: Object.freeze(routing) } : {}),
    ...(budgets ? { budgets: Object.freeze(budgets) } : {}),
    ...(rateLimits ? { rateLimits: Object.freeze(rateLimits) } : {}),
    ...(reuse ? { reuse: freezeDeep(structuredClone(reuse)) } : {}),
    ...(idempotencyHours === undefined ? {} : { idempotencyHours }),
  };
}

function toText(_key: string, value: unknown): unknown {
  return typeof value === "function" ? String(value) : value;
}

const defaultTimeoutMs = 60_000;
const defaultReasks = 2;

function createEndpoint(draft: EndpointDraft, releases: Releases): LoadedEndpoint {
  const { name, contract, definition, input, output } = draft;
  const description = definition?.description;
  if (!definition || description === undefined || !input || !output)
    throw new TypeError(`${keyOf(draft)} is not complete`);
  const prompts = [...draft.prompts].flatMap(([version, { prompt }]) =>
    prompt ? [[version, Object.freeze(prompt)] as const] : [],
  );
  const release = (releases.get(keyOf(draft)) ?? releases.get(name))?.version ?? pickRelease(draft.prompts.keys());
  if (release === undefined) throw new TypeError(`${keyOf(draft)} has no prompt`);
  const { normalize, validate, route, fallback, example, task, limits, reuse } = definition;
  return Object.freeze({
    name,
    contract,
    description,
    input: Object.freeze(input),
    output: Object.freeze(output),
    prompts: freezeMap<string, LoadedPrompt>(prompts),
    release,
    ...(task === undefined ? {} : { task }),
    route: freezeDeep(route ?? { use: automaticRoute }),
    normalize: freezeDeep({
      ...normalize,
      html: normalize?.html ?? false,
      whitespace: normalize?.whitespace ?? "collapse",
      overflow: normalize?.overflow ?? "reject",
    }),
    validate: freezeDeep({ ...validate, reasks: validate?.reasks ?? defaultReasks }),
    ...(limits ? { limits: freezeDeep(toTokenLimits(limits)) } : {}),
    ...(reuse ? { reuse: freezeDeep(toEndpointReuse(reuse)) } : {}),
    ...(fallback === undefined ? {} : { fallback: toFallback(fallback) }),
    timeoutMs: definition.timeoutMs ?? defaultTimeoutMs,
    ...(example === undefined ? {} : { example: freezeDeep(structuredClone(example)) }),
  });
}

function toFallback(
  fallback: NonNullable<NonNullable<EndpointDraft["definition"]>["fallback"]>,
): NonNullable<LoadedEndpoint["fallback"]> {
  if (typeof fallback === "function") return (input) => fallback(input);
  const fields = freezeDeep(structuredClone(fallback));
  return () => fields;
}

/** All that can change an answer, in a form that is the same in every process. */
function describeContent(endpoint: LoadedEndpoint, { definition }: EndpointDraft): unknown {
  const { description, input, output, prompts, release, task, route, normalize, validate, timeoutMs, example } =
    endpoint;
  const { limits, reuse } = endpoint;
  const fallback = definition?.fallback;
  return {
    description,
    input: input.jsonSchema,
    output: output.jsonSchema,
    contract: output.contractSchema,
    prompts: sortEntries(prompts).map(([version, { sha256: hash }]) => [version, hash]),
    release,
    task,
    route,
    limits,
    reuse,
    normalize,
    validate,
    timeoutMs,
    example,
    // A function's source is all that can be compared of it.
    fallback: typeof fallback === "function" ? String(fallback) : fallback,
  };
}

function sortEntries<V>(map: ReadonlyMap<string, V>): [string, V][] {
  return [...map].sort(([a], [b]) => (a < b ? -1 : 1));
}
