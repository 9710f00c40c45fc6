import { describe, expect, test } from "vitest";
import type { Route } from "../../call.ts";
import type { Deployment } from "../../endpoint/snapshot.ts";
import { HeadgateError } from "../../errors.ts";
import { createManualClock, type ManualClock } from "../../testing/manual-clock.ts";
import { HealthBoard } from "./health/health-board.ts";
import { Itinerary, type NextStep, type Stop } from "./itinerary.ts";

interface World {
  readonly clock: ManualClock;
  readonly board: HealthBoard;
  readonly itinerary: Itinerary;
  /** The walk of another request. */
  readonly another: () => Itinerary;
  readonly place: (name: string) => Deployment;
}

/** Models in order, each with its deployments, heaviest first. */
function createWorld(models: Readonly<Record<string, readonly string[]>>): World {
  const clock = createManualClock();
  const board = new HealthBoard({ clock });
  const candidates = Object.entries(models).map(([name, places]) => ({
    name,
    deployments: places.map((model, index) => ({ provider: "p", model, weight: 3 ** (places.length - index) })),
  }));
  const all = candidates.flatMap(({ deployments }) => deployments);
  const route: Route = { candidates, rule: "default" };
  const another = (): Itinerary => new Itinerary(route, board, clock, () => 1);
  return { clock, board, another, itinerary: another(), place: (name) => all.find(({ model }) => model === name)! };
}

function bench({ board, clock }: World, deployment: Deployment, ms = 30_000): void {
  board.of(deployment).bench(clock.now() + ms, clock.now());
}

function breakDown({ board, clock }: World, deployment: Deployment): void {
  for (let call = 0; call < 5; call++) {
    board.of(deployment).tryBegin(deployment, clock.now())?.fail("stream_cut", clock.now());
  }
}

function fill({ board, clock }: World, deployment: Deployment): void {
  while (board.of(deployment).tryBegin(deployment, clock.now()));
}

function nameOf(stop: Stop | undefined): string | undefined {
  return stop && `${stop.reason} ${stop.target.model}`;
}

function nameStep(step: NextStep): string | undefined {
  return step.type === "go" ? nameOf(step.stop) : step.type;
}

function refusalOf(itinerary: Itinerary): HeadgateError {
  try {
    itinerary.first();
  } catch (error) {
    return HeadgateError.from(error);
  }
  throw new Error("It was not refused.");
}

describe("the first stop", () => {
  test("is at the first model, with a place that is taken", () => {
    const world = createWorld({ m: ["a"], n: ["b"] });
    const stop = world.itinerary.first();
    expect(stop).toMatchObject({ reason: "first", target: { provider: "p", model: "a", rule: "default" } });
    expect(stop.target).not.toHaveProperty("tier");
    expect(world.board.of(world.place("a")).limit.inFlight).toBe(1);
  });

  test("is at the next model while the first rests", () => {
    const world = createWorld({ m: ["a"], n: ["b"] });
    breakDown(world, world.place("a"));
    expect(nameOf(world.itinerary.first())).toBe("fallback b");
  });

  test("is nowhere if all rest, and says when the first is back", () => {
    const world = createWorld({ m: ["a"], n: ["b"] });
    breakDown(world, world.place("a"));
    world.clock.advance(300);
    breakDown(world, world.place("b"));
    expect(refusalOf(world.itinerary)).toMatchObject({ code: "provider_unavailable", retryAfterMs: 600 });
  });

  test("is nowhere if one is full, and that is overload", () => {
    const world = createWorld({ m: ["a"], n: ["b"] });
    breakDown(world, world.place("a"));
    fill(world, world.place("b"));
    expect(refusalOf(world.itinerary)).toMatchObject({ code: "overloaded", retryAfterMs: 100 });
  });
});

describe("a deployment that asked to be left alone", () => {
  test("is avoided while its sibling may answer", () => {
    const world = createWorld({ m: ["a", "b"] });
    bench(world, world.place("a"));
    expect(nameOf(world.itinerary.first())).toBe("first b");
  });

  test("is avoided while another model may answer", () => {
    const world = createWorld({ m: ["a"], n: ["b"] });
    bench(world, world.place("a"));
    expect(nameOf(world.itinerary.first())).toBe("fallback b");
  });

  test("is asked all the same where no other may, in the order of the route", () => {
    const world = createWorld({ m: ["a"], n: ["b"], o: ["c"] });
    bench(world, world.place("a"));
    bench(world, world.place("b"));
    breakDown(world, world.place("c"));
    expect(nameOf(world.itinerary.first())).toBe("first a");
  });

  test("is not asked while its breaker is open, or while it has no room", () => {
    const world = createWorld({ m: ["a"], n: ["b"] });
    breakDown(world, world.place("a"));
    fill(world, world.place("b"));
    bench(world, world.place("a"));
    bench(world, world.place("b"));
    expect(refusalOf(world.itinerary)).toMatchObject({ code: "overloaded" });
  });

  test("probes where its breaker is half open", () => {
    const world = createWorld({ m: ["a"] });
    breakDown(world, world.place("a"));
    bench(world, world.place("a"));
    world.clock.advance(1000);
    expect(world.itinerary.first().turn.isProbe).toBe(true);
    expect(refusalOf(world.another())).toMatchObject({ code: "provider_unavailable" });
  });

  test("shares the calls with its sibling by weight where both are benched", () => {
    const world = createWorld({ m: ["a", "b"] });
    bench(world, world.place("a"));
    bench(world, world.place("b"));
    expect(nameOf(world.another().first())).toBe("first a");
  });

  test("is asked after a failure that will not pass, where nobody else can be", () => {
    const world = createWorld({ m: ["a", "b"], n: ["c"] });
    bench(world, world.place("b"));
    bench(world, world.place("c"));
    world.itinerary.first();
    const names = ["provider_auth", "provider_auth", "provider_auth"].map(() =>
      nameStep(world.itinerary.after({ decision: "rotate", waitMs: 0 })),
    );
    expect(names).toEqual(["rotate b", "fallback c", "nowhere"]);
  });

  test("is no reason not to wait and ask the same again", () => {
    const world = createWorld({ m: ["a", "b"] });
    bench(world, world.place("b"));
    world.itinerary.first();
    expect(world.itinerary.after({ decision: "retry", waitMs: 250 })).toEqual({ type: "wait", waitMs: 250 });
  });

  test("is asked again by the request that has waited, though others were told to wait longer", () => {
    const world = createWorld({ m: ["a"] });
    world.itinerary.first().turn.fail("provider_rate_limited", world.clock.now());
    world.itinerary.after({ decision: "retry", waitMs: 1000 });
    bench(world, world.place("a"));
    expect(nameOf(world.itinerary.again())).toBe("retry a");
  });

  test("goes on with a stream that broke, where nobody else can", () => {
    const world = createWorld({ m: ["a"] });
    bench(world, world.place("a"));
    world.itinerary.first();
    expect(nameOf(world.itinerary.elsewhere("retry"))).toBe("first a");
  });
});

describe("after a failure", () => {
  test("other deployments come before other models, and nothing comes twice", () => {
    const world = createWorld({ m: ["a", "b"], n: ["c"] });
    world.itinerary.first();
    const steps = [1, 2, 3].map(() => nameStep(world.itinerary.after({ decision: "rotate", waitMs: 0 })));
    expect(steps).toEqual(["rotate b", "fallback c", "nowhere"]);
  });

  test("the last attempt goes to the next model, or else to another deployment", () => {
    const next = createWorld({ m: ["a", "b"], n: ["c"] });
    next.itinerary.first();
    expect(nameStep(next.itinerary.after({ decision: "retry", waitMs: 0, isLast: true }))).toBe("fallback c");
    const sibling = createWorld({ m: ["a", "b"], n: ["c"] });
    breakDown(sibling, sibling.place("c"));
    sibling.itinerary.first();
    expect(nameStep(sibling.itinerary.after({ decision: "retry", waitMs: 0, isLast: true }))).toBe("rotate b");
  });

  test("a second wait gives way to the next model", () => {
    const { itinerary } = createWorld({ m: ["a"], n: ["b"] });
    itinerary.first();
    expect(nameStep(itinerary.after({ decision: "retry", waitMs: 10 }))).toBe("wait");
    expect(nameOf(itinerary.again())).toBe("retry a");
    expect(nameStep(itinerary.after({ decision: "retry", waitMs: 10 }))).toBe("fallback b");
    expect(nameStep(itinerary.after({ decision: "retry", waitMs: 10 }))).toBe("wait");
  });

  test("a wait ends at the next model if the breaker has opened meanwhile", () => {
    const world = createWorld({ m: ["a"], n: ["b"] });
    world.itinerary.first();
    world.itinerary.after({ decision: "retry", waitMs: 10 });
    breakDown(world, world.place("a"));
    expect(nameOf(world.itinerary.again())).toBe("fallback b");
  });

  test("a model that cannot be asked now is asked later, when it can", () => {
    const world = createWorld({ m: ["a"], n: ["b"] });
    breakDown(world, world.place("b"));
    world.itinerary.first();
    expect(nameStep(world.itinerary.after({ decision: "retry", waitMs: 5000 }))).toBe("wait");
    world.clock.advance(5000);
    world.itinerary.again();
    expect(nameStep(world.itinerary.after({ decision: "retry", waitMs: 5000 }))).toBe("fallback b");
  });

  test("only a larger model follows a prompt that is too long", () => {
    const { itinerary } = createWorld({ m: ["a", "b"], n: ["c"], o: ["d"] });
    itinerary.first();
    const failure = {
      decision: "larger-context",
      waitMs: 0,
      isLarger: ({ name }: { name: string }) => name === "o",
    } as const;
    expect(nameStep(itinerary.after(failure))).toBe("fallback d");
    expect(nameStep(itinerary.after(failure))).toBe("nowhere");
  });

  test("nothing follows a stop", () => {
    const { itinerary } = createWorld({ m: ["a", "b"] });
    itinerary.first();
    expect(nameStep(itinerary.after({ decision: "stop", waitMs: 0 }))).toBe("nowhere");
    expect(itinerary.elsewhere("stop")).toBeUndefined();
  });
});

describe("a stream that broke midway goes on", () => {
  test("at another deployment, then at another model, then, if it may, at the same once more", () => {
    const { itinerary } = createWorld({ m: ["a", "b"], n: ["c"] });
    itinerary.first();
    expect([1, 2, 3].map(() => nameOf(itinerary.elsewhere("retry")))).toEqual(["rotate b", "fallback c", "fallback c"]);
  });

  test("nowhere else than at others after silence", () => {
    const { itinerary } = createWorld({ m: ["a"] });
    itinerary.first();
    expect(itinerary.elsewhere("rotate")).toBeUndefined();
  });
});

describe("a second place beside the first", () => {
  test("is another deployment of the same model, and moves nothing", () => {
    const { itinerary } = createWorld({ m: ["a", "b"], n: ["c"] });
    itinerary.first();
    expect(nameOf(itinerary.beside())).toBe("rotate b");
    expect(nameStep(itinerary.after({ decision: "rotate", waitMs: 0 }))).toBe("rotate b");
  });

  test("is none that has failed, nor one of another model", () => {
    const { itinerary } = createWorld({ m: ["a", "b"], n: ["c"] });
    itinerary.first();
    itinerary.after({ decision: "rotate", waitMs: 0 });
    expect(itinerary.beside()).toBeUndefined();
  });
});

test("another stands by until all others have failed", () => {
  const { itinerary } = createWorld({ m: ["a", "b"], n: ["c", "d"] });
  itinerary.first();
  const stands = [itinerary.hasOther];
  for (let failure = 0; failure < 3; failure++) {
    itinerary.after({ decision: "rotate", waitMs: 0 });
    stands.push(itinerary.hasOther);
  }
  expect(stands).toEqual([true, true, true, false]);
  expect(createWorld({ m: ["a"] }).itinerary.hasOther).toBe(false);
});
