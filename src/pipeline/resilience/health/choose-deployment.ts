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
  { nowMs, random, exclude }: ChooseOptions,
): Turn | NoTurn {
  let open = 0;
  let weight = 0;
  let only: Deployment | undefined;
  for (const deployment of deployments) {
    if (exclude.has(deployment)) continue;
    const health = board.of(deployment);
    const availability = health.availability(nowMs);
    if (availability === "probe") return health.tryBegin(deployment, nowMs)!;
    if (availability !== "yes") continue;
    open += 1;
    weight += deployment.weight;
    only = deployment;
  }
  if (!only) return waitFor(deployments, board, nowMs, exclude);
  if (open === 1) return board.of(only).tryBegin(only, nowMs)!;
  // Drawn with replacement: a weight of 9 to 1 would be lost if both of two were always compared.
  const isOpen = (deployment: Deployment): boolean =>
    !exclude.has(deployment) && board.of(deployment).availability(nowMs) === "yes";
  const first = draw(deployments, random() * weight, isOpen) ?? only;
  const second = draw(deployments, random() * weight, isOpen) ?? only;
  const best = first === second ? first : pickBetter(first, second, board, nowMs);
  return board.of(best).tryBegin(best, nowMs)!;
}

function draw(
  deployments: readonly Deployment[],
  at: number,
  isOpen: (deployment: Deployment) => boolean,
): Deployment | undefined {
  let left = at;
  for (const deployment of deployments) {
    if (!isOpen(deployment)) continue;
    left -= deployment.weight;
    if (left < 0) return deployment;
  }
  return undefined;
}

function pickBetter(first: Deployment, second: Deployment, board: HealthBoard, nowMs: number): Deployment {
  const one = board.of(first);
  const other = board.of(second);
  const meanWeight = (first.weight + second.weight) / 2;
  const oneCost = load(one, meanWeight / first.weight) * compareLatency(one.latency, other.latency, nowMs);
  return load(other, meanWeight / second.weight) < oneCost ? second : first;
}

/** How many times as slow as `other`. One that was never seen, or not for long, counts as fast as the other. */
function compareLatency(one: LatencyMeter, other: LatencyMeter, nowMs: number): number {
  if (one.ms === undefined || other.ms === undefined) return 1;
  const leastMs = Math.max(1, Math.min(one.ms, other.ms));
  const ratio = Math.max(leastMs, one.estimateMs(nowMs)!) / Math.max(leastMs, other.estimateMs(nowMs)!);
  return ratio < noiseRatio && ratio > 1 / noiseRatio ? 1 : ratio;
}

function load(health: DeploymentHealth, share: number): number {
  return 1 + health.limit.inFlight * share;
}

function waitFor(
  deployments: readonly Deployment[],
  board: HealthBoard,
  nowMs: number,
  exclude: ReadonlySet<Deployment>,
): NoTurn {
  let waitMs = Number.POSITIVE_INFINITY;
  let isFull = false;
  for (const deployment of deployments) {
    if (exclude.has(deployment)) continue;
    const health = board.of(deployment);
    const isThisFull = health.availability(nowMs) === "full";
    isFull ||= isThisFull;
    waitMs = Math.min(waitMs, isThisFull ? fullLookMs : health.breaker.retryAtMs(nowMs) - nowMs);
  }
  return { waitMs: Math.max(1, waitMs), isFull };
}
