import { describe, expect, test } from "vitest";
import type { Deployment } from "../../../endpoint/snapshot.ts";
import { createManualClock, type ManualClock } from "../../../testing/manual-clock.ts";
import { chooseDeployment, type NoTurn } from "./choose-deployment.ts";
import { HealthBoard } from "./health-board.ts";
import { Turn } from "./turn.ts";

/** Mulberry32. */
function createRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

function place(model: string, weight = 1): Deployment {
  return { provider: "acme", model, weight };
}

interface World {
  readonly clock: ManualClock;
  readonly board: HealthBoard;
  readonly choose: (deployments: readonly Deployment[], exclude?: readonly Deployment[]) => Turn | NoTurn;
  readonly take: (deployments: readonly Deployment[], exclude?: readonly Deployment[]) => Turn;
  readonly breakDown: (deployment: Deployment) => void;
}

function createWorld(seed = 1): World {
  const clock = createManualClock();
  const board = new HealthBoard({ clock });
  const random = createRandom(seed);
  const choose: World["choose"] = (deployments, exclude = []) =>
    chooseDeployment(deployments, board, { nowMs: clock.now(), random, exclude: new Set(exclude) });
  return {
    clock,
    board,
    choose,
    take: (deployments, exclude) => {
      const turn = choose(deployments, exclude);
      if (!(turn instanceof Turn)) throw new Error("There was no place.");
      return turn;
    },
    breakDown: (deployment) => {
      for (let call = 0; call < 5; call += 1) {
        board.of(deployment).tryBegin(deployment, clock.now())?.fail("provider_unavailable", clock.now());
      }
    },
  };
}

/** Between 455 and 545 ms. */
function vary(_deployment: Deployment, call: number): number {
  return 455 + ((call * 37) % 91);
}

function countShares(
  { take, clock }: World,
  deployments: readonly Deployment[],
  { calls, atOnce, paceMs = 1, latencyMs = vary }: CountOptions,
): number[] {
  const counts = deployments.map(() => 0);
  const running: Turn[] = [];
  for (let call = 0; call < calls; call += 1) {
    const turn = take(deployments);
    counts[deployments.indexOf(turn.deployment)]! += 1;
    running.push(turn);
    clock.advance(paceMs);
    if (running.length >= atOnce) {
      const [oldest] = running.splice(0, 1);
      oldest!.health.latency.observe(latencyMs(oldest!.deployment, call), clock.now());
      oldest!.leave(clock.now());
    }
  }
  return counts.map((count) => count / calls);
}

interface CountOptions {
  readonly calls: number;
  readonly atOnce: number;
  readonly paceMs?: number;
  readonly latencyMs?: (deployment: Deployment, call: number) => number;
}

describe("shares", () => {
  test.each([
    { weights: [1, 1], atOnce: 1 },
    { weights: [9, 1], atOnce: 1 },
    { weights: [9, 1], atOnce: 40 },
    { weights: [9, 1], atOnce: 1, paceMs: 5000 },
    { weights: [5, 3, 2], atOnce: 1 },
    { weights: [5, 3, 2], atOnce: 40 },
    { weights: [1, 1, 1, 1, 6], atOnce: 100 },
  ])("follow the weights $weights with $atOnce at work", ({ weights, atOnce, paceMs = 1 }) => {
    const deployments = weights.map((weight, index) => place(`m${index}`, weight));
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    for (const seed of [1, 2, 3]) {
      const shares = countShares(createWorld(seed), deployments, { calls: 5000, atOnce, paceMs });
      for (const [index, share] of shares.entries())
        expect(Math.abs(share - weights[index]! / total)).toBeLessThan(0.03);
    }
  });

  test("move to the deployment that begins sooner", () => {
    const deployments = [place("fast"), place("slow")];
    const latencyMs = ({ model }: Deployment): number => (model === "fast" ? 200 : 2000);
    const [fast, slow] = countShares(createWorld(), deployments, { calls: 4000, atOnce: 20, latencyMs });
    expect(fast).toBeGreaterThan(0.7);
    expect(slow).toBeGreaterThan(0.02);
  });

  test("come back to one that was slow, once it is slow no more", () => {
    const world = createWorld();
    const deployments = [place("steady"), place("recovered")];
    countShares(world, deployments, { calls: 200, atOnce: 1 });
    world.board.of(deployments[1]!).latency.observe(20_000, world.clock.now());
    const [, shunned] = countShares(world, deployments, { calls: 1000, atOnce: 1 });
    world.clock.advance(120_000);
    const [, forgiven] = countShares(world, deployments, { calls: 1000, atOnce: 1 });
    expect(shunned).toBeLessThan(0.3);
    expect(forgiven).toBeGreaterThan(0.45);
  });

  test("keep a deployment from taking all calls while another has none", () => {
    for (const seed of [1, 2, 3, 4, 5]) {
      const world = createWorld(seed);
      const deployments = [place("a"), place("b")];
      for (let call = 0; call < 200; call += 1) world.take(deployments);
      const [a, b] = deployments.map((deployment) => world.board.of(deployment).limit.inFlight);
      expect(Math.abs(a! - b!)).toBeLessThanOrEqual(6);
    }
  });

  test("give one that was never called as much as one that is known", () => {
    const world = createWorld();
    const deployments = [place("known"), place("new")];
    world.board.of(deployments[0]!).latency.observe(400, world.clock.now());
    const counts = { known: 0, new: 0 };
    for (let call = 0; call < 2000; call += 1) {
      const turn = world.take(deployments);
      counts[turn.deployment.model as "known" | "new"] += 1;
      turn.leave(world.clock.now());
    }
    expect(Math.abs(counts.new - 1000)).toBeLessThan(100);
  });
});

describe("whom to ask", () => {
  test("never one that is excluded, open, benched or full", () => {
    const world = createWorld();
    const [failed, open, benched, full, well] = ["failed", "open", "benched", "full", "well"].map((name) =>
      place(name),
    );
    world.breakDown(open!);
    world.board.of(benched!).bench(world.clock.now() + 1000, world.clock.now());
    while (world.board.of(full!).limit.tryEnter());
    for (let call = 0; call < 200; call += 1) {
      const turn = world.take([failed!, open!, benched!, full!, well!], [failed!]);
      expect(turn.deployment).toBe(well);
      turn.leave(world.clock.now());
    }
    const other = place("other");
    for (let call = 0; call < 200; call += 1) {
      const turn = world.take([failed!, open!, benched!, full!, well!, other], [failed!]);
      expect([well, other]).toContain(turn.deployment);
      turn.leave(world.clock.now());
    }
  });

  test("a probe that is due goes first, once", () => {
    const world = createWorld();
    const deployments = [place("well"), place("ill")];
    world.breakDown(deployments[1]!);
    expect(world.take(deployments).deployment.model).toBe("well");
    world.clock.advance(1000);
    const probe = world.take(deployments);
    expect(probe).toMatchObject({ deployment: deployments[1], isProbe: true });
    for (let call = 0; call < 50; call += 1)
      expect(world.take(deployments)).toMatchObject({ deployment: deployments[0] });
    probe.finish(world.clock.now());
    const models = Array.from({ length: 50 }, () => world.take(deployments).deployment.model);
    expect(models).toContain("ill");
  });

  test("a place is taken with the choice", () => {
    const world = createWorld();
    const deployment = place("only");
    const turn = world.take([deployment]);
    expect(world.board.of(deployment).limit.inFlight).toBe(1);
    turn.finish(world.clock.now());
    expect(world.board.of(deployment).limit.inFlight).toBe(0);
  });
});

describe("where nobody else can be called, one that asked to be left alone", () => {
  const soft = ({ board, clock }: World, deployments: readonly Deployment[]): Turn | NoTurn =>
    chooseDeployment(deployments, board, {
      nowMs: clock.now(),
      random: () => 0.5,
      exclude: new Set(),
      mayBeBenched: true,
    });
  const bench = ({ board, clock }: World, deployment: Deployment): void => {
    board.of(deployment).bench(clock.now() + 30_000, clock.now());
  };

  test.each([1, 2])("is chosen, of %s", (count) => {
    const world = createWorld();
    const deployments = [place("a"), place("b")].slice(0, count);
    for (const deployment of deployments) bench(world, deployment);
    expect(world.choose(deployments)).toEqual({ waitMs: 30_000, isFull: false });
    expect(soft(world, deployments)).toBeInstanceOf(Turn);
  });

  test("takes the probe's place, once", () => {
    const world = createWorld();
    const deployment = place("a");
    world.breakDown(deployment);
    bench(world, deployment);
    expect(soft(world, [deployment])).toEqual({ waitMs: 30_000, isFull: false });
    world.clock.advance(1000);
    expect(soft(world, [deployment])).toMatchObject({ isProbe: true });
    expect(soft(world, [deployment])).toEqual({ waitMs: 29_000, isFull: false });
  });

  test("is not chosen without room", () => {
    const world = createWorld();
    const deployment = place("a");
    while (world.board.of(deployment).limit.tryEnter());
    bench(world, deployment);
    expect(soft(world, [deployment])).toEqual({ waitMs: 100, isFull: true });
  });
});

describe("when there is none", () => {
  test("the wait is until the first of them may be asked", () => {
    const world = createWorld();
    const deployments = [place("open"), place("benched"), place("excluded")];
    world.board.of(deployments[1]!).bench(world.clock.now() + 400, world.clock.now());
    world.breakDown(deployments[0]!);
    expect(world.choose(deployments, [deployments[2]!])).toEqual({ waitMs: 400, isFull: false });
    world.clock.advance(400);
    expect(world.take(deployments, [deployments[2]!]).deployment).toBe(deployments[1]);
    world.board.of(deployments[1]!).bench(world.clock.now() + 60_000, world.clock.now());
    expect(world.choose(deployments, [deployments[2]!])).toEqual({ waitMs: 500, isFull: false });
  });

  test("a full one is worth a look soon, and so is one whose probe is out", () => {
    const world = createWorld();
    const [full, probed] = [place("full"), place("probed")];
    while (world.board.of(full).limit.tryEnter());
    world.breakDown(probed);
    world.clock.advance(1000);
    expect(world.take([probed]).isProbe).toBe(true);
    expect(world.choose([full, probed])).toEqual({ waitMs: 100, isFull: true });
    expect(world.choose([probed])).toEqual({ waitMs: 250, isFull: false });
  });

  test("the wait has no end where all are excluded", () => {
    const deployment = place("only");
    expect(createWorld().choose([deployment], [deployment])).toEqual({
      waitMs: Number.POSITIVE_INFINITY,
      isFull: false,
    });
  });
});

describe("a deployment whose provider has no more to give", () => {
  const [limited, other] = [place("limited", 1e6), place("other")];
  const tokens = 500;

  function learn({ board, clock }: World, remaining: number, resetMs: number): void {
    const limit = { remaining, resetAtMs: clock.now() + resetMs };
    board.of(limited).quota.learn({ tokens: limit }, clock.now());
  }

  function choose({ board, clock }: World, deployments: readonly Deployment[], mayBeBenched = false): Turn | NoTurn {
    const options = { nowMs: clock.now(), random: () => 0.5, exclude: new Set<Deployment>(), mayBeBenched };
    return chooseDeployment(deployments, board, { ...options, promptTokens: () => tokens });
  }

  test("is passed over while it has less than the prompt takes", () => {
    const world = createWorld();
    learn(world, tokens - 1, 3000);
    expect(choose(world, [limited, other])).toMatchObject({ deployment: other });
    learn(world, tokens, 3000);
    expect(choose(world, [limited, other])).toMatchObject({ deployment: limited });
  });

  test("says when it has, and that it is not full", () => {
    const world = createWorld();
    learn(world, 0, 3000);
    expect(choose(world, [limited])).toEqual({ waitMs: 3000, isFull: false });
    world.clock.advance(3000);
    expect(choose(world, [limited])).toMatchObject({ deployment: limited });
  });

  test("is asked all the same where nobody can stand in for it", () => {
    const world = createWorld();
    learn(world, 0, 3000);
    expect(choose(world, [limited], true)).toMatchObject({ deployment: limited });
  });

  test("is not probed either, while its breaker is open", () => {
    const world = createWorld();
    world.breakDown(limited);
    learn(world, 0, 3000);
    world.clock.advance(1000);
    expect(choose(world, [limited, other])).toMatchObject({ deployment: other });
    world.clock.advance(2000);
    expect(choose(world, [limited, other])).toMatchObject({ deployment: limited, isProbe: true });
  });
});
