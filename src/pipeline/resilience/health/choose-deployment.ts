import type { Deployment } from "../../../endpoint/snapshot.ts";
import type { DeploymentHealth } from "./deployment-health.ts";
import type { HealthBoard } from "./health-board.ts";
import type { LatencyMeter } from "./latency-meter.ts";
import type { Turn } from "./turn.ts";

export interface ChooseOptions {
  readonly nowMs: number;
  /** A float in [0, 1). */
  readonly random: () => number;
  /** Not to be chosen: what this request has failed with. */
  readonly exclude: ReadonlySet<Deployment>;
  /** One that asked to be left alone may be chosen, since nothing else can. @default false */
  readonly mayBeBenched?: boolean;
}

/** No deployment may be called now. */
export interface NoTurn {
  /** Until it is worth asking again; infinite where every deployment is excluded. Never 0. */
  readonly waitMs: number;
  /** One at least is well, and has as much to do as it takes. */
  readonly isFull: boolean;
}

/** Latencies that differ by less say nothing, and weights are to hold then. */
const noiseRatio = 1.25;

/** A place may come free at any moment. */
const fullLookMs = 100;

/**
 * Takes a place at one of a model's deployments: at one whose probe is due, else at the better of two that are drawn by
 * weight, the better being the one with less to do for its weight and a faster beginning.
 */
export function chooseDeployment(
  deployments: readonly Deployment[],
  board: HealthBoard,
  options: ChooseOptions,
): Turn | NoTurn {
  const { nowMs, random, exclude, mayBeBenched = false } = options;
  let only: Place | undefined;
  let places: Place[] | undefined;
  for (const deployment of deployments) {
    if (exclude.has(deployment)) continue;
    const health = board.of(deployment);
    const availability = health.availability(nowMs, mayBeBenched);
    if (availability === "probe") return health.tryBegin(deployment, nowMs, mayBeBenched)!;
    if (availability !== "yes") continue;
    if (deployments.length === 1) return health.tryBegin(deployment, nowMs, mayBeBenched)!;
    const place = { deployment, health };
    if (only) (places ??= [only]).push(place);
    else only = place;
  }
  if (!only) return waitFor(deployments, board, options);
  const { deployment, health } = places ? pickOf(places, random, nowMs) : only;
  return health.tryBegin(deployment, nowMs, mayBeBenched)!;
}

interface Place {
  readonly deployment: Deployment;
  readonly health: DeploymentHealth;
}

/** Draws with replacement: a weight of 9 to 1 would be lost if both of two were always compared. */
function pickOf(places: readonly Place[], random: () => number, nowMs: number): Place {
  let weight = 0;
  for (const { deployment } of places) weight += deployment.weight;
  const first = draw(places, random() * weight);
  const second = draw(places, random() * weight);
  if (first === second) return first;
  const meanWeight = (first.deployment.weight + second.deployment.weight) / 2;
  const slowness = compareLatency(first.health.latency, second.health.latency, nowMs);
  return computeLoad(second, meanWeight) < computeLoad(first, meanWeight) * slowness ? second : first;
}

function draw(places: readonly Place[], at: number): Place {
  let left = at;
  for (const place of places) {
    left -= place.deployment.weight;
    if (left < 0) return place;
  }
  // What rounding leaves.
  return places.at(-1)!;
}

function computeLoad({ deployment, health }: Place, meanWeight: number): number {
  return 1 + (health.limit.inFlight * meanWeight) / deployment.weight;
}

/** How many times as slow as `other`. One that was never seen, or not for long, counts as fast as the other. */
function compareLatency(one: LatencyMeter, other: LatencyMeter, nowMs: number): number {
  if (one.ms === undefined || other.ms === undefined) return 1;
  const leastMs = Math.max(1, Math.min(one.ms, other.ms));
  const ratio = Math.max(leastMs, one.estimateMs(nowMs)!) / Math.max(leastMs, other.estimateMs(nowMs)!);
  return ratio < noiseRatio && ratio > 1 / noiseRatio ? 1 : ratio;
}

function waitFor(
  deployments: readonly Deployment[],
  board: HealthBoard,
  { nowMs, exclude, mayBeBenched }: ChooseOptions,
): NoTurn {
  let waitMs = Number.POSITIVE_INFINITY;
  let isFull = false;
  for (const deployment of deployments) {
    if (exclude.has(deployment)) continue;
    const health = board.of(deployment);
    const isThisFull = health.availability(nowMs, mayBeBenched) === "full";
    isFull ||= isThisFull;
    waitMs = Math.min(waitMs, isThisFull ? fullLookMs : health.breaker.retryAtMs(nowMs) - nowMs);
  }
  return { waitMs: Math.max(1, waitMs), isFull };
}
