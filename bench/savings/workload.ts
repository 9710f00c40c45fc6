import { createRandom } from "../../src/testing/hostile-provider/known-text.ts";
import { createZipf, pick, pickWeighted, type Random } from "./draw.ts";
import { features } from "./features.ts";
import type { FeatureName, Item } from "./item.ts";
import {
  crowds,
  retypedShare,
  rewordedShare,
  tenants,
  traffic,
  twinShare,
  zipfExponent,
  type FeatureTraffic,
} from "./parameters.ts";

export type Tenant = keyof typeof tenants;

/** One request. */
export interface Ask {
  readonly item: Item;
  /** One of the item's texts, perhaps typed in another way. */
  readonly text: string;
  readonly tenant: Tenant;
}

export interface Workload {
  /** Everything that is asked for, in the order of its first request. */
  readonly items: readonly Item[];
  /** Requests in order; those of one entry come at the same moment. */
  readonly bursts: readonly (readonly Ask[])[];
}

export interface WorkloadOptions {
  readonly seed: string;
  readonly requests: number;
}

/** A run of this many requests has the catalogues and crowds as they are declared; shorter ones have fewer. */
const fullRun = 5000;

/** The same for the same options, in any process. */
export function createWorkload({ seed, requests }: WorkloadOptions): Workload {
  const random = createRandom(seed);
  const scale = requests / fullRun;
  const catalogues = createCatalogues(scale, random);
  const items = new Set<Item>();
  const bursts: (readonly Ask[])[] = [];
  const add = (ask: Ask, times: number): number => {
    items.add(ask.item);
    bursts.push(Array.from({ length: times }, () => ask));
    return times;
  };
  const crowdEvery = Math.ceil(requests / (Math.max(1, Math.round(crowds.count * scale)) + 1));
  let left = requests;
  let nextCrowd = requests - crowdEvery;
  while (left > 0) {
    const isCrowd = left <= nextCrowd && left > crowds.size;
    if (isCrowd) nextCrowd -= crowdEvery;
    const feature = isCrowd ? "support" : pickWeighted(random, shares);
    const tenant = pickWeighted(random, tenants);
    const ask =
      random() < traffic[feature].fresh && !isCrowd
        ? askFresh(random, feature, tenant, items.size)
        : askAgain(random, catalogues[feature](random, tenant), tenant);
    const isTwin = random() < twinShare;
    left -= add(ask, isCrowd ? crowds.size : isTwin && left > 1 ? 2 : 1);
  }
  return { items: [...items], bursts };
}

const shares = mapFeatures(({ share }) => share);

/** Draws an item that is asked again and again. */
type Catalogue = (random: Random, tenant: Tenant) => Item;

function createCatalogues(scale: number, random: Random): Readonly<Record<FeatureName, Catalogue>> {
  return mapFeatures(({ catalogue }, feature) => {
    const size = Math.max(6, Math.round(catalogue * scale));
    const items = Array.from({ length: size }, (_, index) => makeItem(random, feature, `${feature}-${index}`, index));
    const drawRank = createZipf(size, zipfExponent);
    // What one tenant's users ask most, another's hardly do.
    const shift = Object.keys(tenants).map(() => Math.floor(random() * size));
    return (r, tenant) => items[(drawRank(r) + shift[Object.keys(tenants).indexOf(tenant)]!) % size]!;
  });
}

function askFresh(random: Random, feature: FeatureName, tenant: Tenant, number: number): Ask {
  const item = makeItem(random, feature, `${feature}-fresh-${number}`, undefined);
  return { item, text: item.texts[0]!, tenant };
}

function askAgain(random: Random, item: Item, tenant: Tenant): Ask {
  const [usual, ...others] = item.texts;
  const text = others.length > 0 && random() < rewordedShare ? pick(random, others) : usual!;
  return { item, text: random() < retypedShare ? retype(random, text) : text, tenant };
}

function retype(random: Random, text: string): string {
  return pick(random, [
    `${text} `,
    `  ${text}\n`,
    text.replace(" ", "  "),
    text.charAt(0).toLowerCase() + text.slice(1),
  ]);
}

function makeItem(random: Random, feature: FeatureName, id: string, index: number | undefined): Item {
  const difficulty = pickWeighted(random, traffic[feature].difficulty);
  return { id, feature, difficulty, ...features[feature].makeItem(random, index) };
}

function mapFeatures<T>(map: (traffic: FeatureTraffic, feature: FeatureName) => T): Readonly<Record<FeatureName, T>> {
  const entries = Object.entries(traffic) as [FeatureName, FeatureTraffic][];
  return Object.fromEntries(entries.map(([name, of]) => [name, map(of, name)])) as Record<FeatureName, T>;
}
