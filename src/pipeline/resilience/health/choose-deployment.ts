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
  /** What the prompt takes of a provider's limit of tokens, as an estimate. @default next to nothing */
  readonly promptTokens?: () => number;
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
    if (findUsedUp(health, options) !== undefined) continue;
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

/** Until when the provider has no more to give by its own word. One that nobody can stand in for is asked all the same. */
function findUsedUp(
  { quota }: DeploymentHealth,
  { nowMs, mayBeBenched, promptTokens = () => 0 }: ChooseOptions,
): number | undefined {
  return mayBeBenched === true ? undefined : quota.usedUpUntilMs(nowMs, promptTokens);
}

function waitFor(deployments: readonly Deployment[], board: HealthBoard, options: ChooseOptions): NoTurn {
  const { nowMs, exclude, mayBeBenched } = options;
  let waitMs = Number.POSITIVE_INFINITY;
  let isFull = false;
  for (const deployment of deployments) {
    if (exclude.has(deployment)) continue;
    const health = board.of(deployment);
    const usedUpUntilMs = findUsedUp(health, options) ?? nowMs;
    const isThisFull = health.availability(nowMs, mayBeBenched) === "full";
    isFull ||= isThisFull;
    const retryAtMs = isThisFull ? nowMs + fullLookMs : health.breaker.retryAtMs(nowMs);
    waitMs = Math.min(waitMs, Math.max(retryAtMs, usedUpUntilMs) - nowMs);
  }
  return { waitMs: Math.max(1, waitMs), isFull };
}
