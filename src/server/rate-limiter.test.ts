import { describe, expect, test } from "vitest";
import type { LimitState } from "../contract/limit-state.ts";
import type { RateLimit } from "../endpoint/snapshot.ts";
import { HeadgateError } from "../errors.ts";
import { createManualClock } from "../testing/manual-clock.ts";
import type { RateSubject } from "./rate-gauge.ts";
import { createRateLimiter, type RateTicket } from "./rate-limiter.ts";

interface Setup {
  rules: readonly RateLimit[];
  processes: number;
  readonly refused: () => number;
  /** Undefined: the request was let in. */
  readonly enter: (subject?: Partial<RateSubject>, bodyBytes?: number) => Entered;
  readonly advance: (ms: number) => void;
}

interface Entered {
  readonly ticket?: RateTicket;
  readonly error?: HeadgateError;
  readonly shown: readonly LimitState[];
}

function setup(...rules: readonly RateLimit[]): Setup {
  const clock = createManualClock();
  const world: Setup = {
    rules,
    processes: 1,
    refused: () => limiter.refused,
    advance: (ms) => clock.advance(ms),
    enter: (subject = {}, bodyBytes = 0) => {
      let shown: readonly LimitState[] = [];
      const show = (states: readonly LimitState[]): void => void (shown = states);
      try {
        const ticket = limiter.enter({ subject: { tenant: "acme", ...subject }, bodyBytes, show });
        return { ...(ticket ? { ticket } : {}), shown };
      } catch (error) {
        if (!HeadgateError.is(error, "rate_limited")) throw error;
        return { error, shown };
      }
    },
  };
  const limiter = createRateLimiter({ clock, rateLimits: () => world.rules, processes: () => world.processes });
  return world;
}

function rule(fields: Partial<RateLimit>): RateLimit {
  return { name: "limit", per: "key", windowMs: 60_000, ...fields };
}

describe("a limit", () => {
  test.each([
    ["key", { keyId: "a" }, { keyId: "b" }],
    ["team", { team: "a" }, { team: "b" }],
    ["endpoint", { endpoint: "a" }, { endpoint: "b" }],
    ["tenant", { tenant: "a" }, { tenant: "b" }],
  ] as const)("per %s counts each on its own", (per, one, other) => {
    const { enter } = setup(rule({ per, requests: 1 }));
    expect(enter(one).error).toBeUndefined();
    expect(enter(one).error).toMatchObject({ code: "rate_limited" });
    expect(enter(other).error).toBeUndefined();
  });

  test("of all counts everybody together", () => {
    const { enter } = setup(rule({ per: "all", requests: 1 }));
    expect(enter({ keyId: "a" }).error).toBeUndefined();
    expect(enter({ keyId: "b", tenant: "other" }).error).toBeDefined();
  });

  test.each(["key", "team", "endpoint"] as const)("per %s is nothing to requests that have none", (per) => {
    const { enter } = setup(rule({ per, requests: 1 }));
    for (let count = 0; count < 5; count++) expect(enter().error).toBeUndefined();
  });

  test("for some holds for those alone, keys by their id or their name", () => {
    const { enter } = setup(rule({ requests: 1, only: new Set(["id-1", "batch"]) }));
    enter({ keyId: "id-1", keyName: "first" });
    enter({ keyId: "id-2", keyName: "batch" });
    expect(enter({ keyId: "id-1", keyName: "first" }).error).toBeDefined();
    expect(enter({ keyId: "id-2", keyName: "batch" }).error).toBeDefined();
    for (let count = 0; count < 3; count++) expect(enter({ keyId: "id-3", keyName: "x" }).error).toBeUndefined();
  });

  test("says by itself what it takes, of whom, and when to come back", () => {
    const { enter, refused } = setup(rule({ name: "per-key", requests: 30 }));
    for (let count = 0; count < 30; count++) enter({ keyId: "a" });
    const { error } = enter({ keyId: "a" });
    expect(error?.detail).toBe('The rate limit "per-key" takes 30 requests a minute for each key. Try again in 2 s.');
    expect(error?.retryAfterMs).toBe(2000);
    expect(refused()).toBe(1);
  });

  test("is kept over a reload, and counts anew once its numbers change", () => {
    const world = setup(rule({ per: "all", requests: 1 }));
    world.enter();
    world.rules = [rule({ per: "all", requests: 1 }), rule({ name: "other", requests: 5 })];
    expect(world.enter().error).toBeDefined();
    world.rules = [rule({ per: "all", requests: 2, windowMs: 1000 })];
    expect(world.enter().error).toBeUndefined();
  });

  test("is shared by processes: each enforces its part, and says no more than that is left", () => {
    const world = setup(rule({ per: "all", requests: 12 }));
    world.processes = 3;
    expect(world.enter().shown).toMatchObject([{ limit: 12, remaining: 3 }]);
    for (let count = 0; count < 3; count++) expect(world.enter().error).toBeUndefined();
    expect(world.enter().error?.retryAfterMs).toBe(15_000);
  });
});

describe("several limits", () => {
  test("are taken from all together, or not at all", () => {
    const { enter, advance } = setup(
      rule({ name: "wide", per: "all", requests: 10 }),
      rule({ name: "narrow", requests: 1 }),
    );
    enter({ keyId: "a" });
    for (let count = 0; count < 50; count++) {
      expect(enter({ keyId: "a" }).error?.detail).toContain('"narrow"');
      advance(1);
    }
    expect(enter({ keyId: "b" }).shown).toMatchObject([{ name: "narrow:requests", remaining: 0 }]);
    for (let key = 0; key < 8; key++) expect(enter({ keyId: `c${key}` }).error).toBeUndefined();
    expect(enter({ keyId: "d" }).error?.detail).toContain('"wide"');
  });

  test("refuse with the one that takes longest", () => {
    const { enter } = setup(
      rule({ name: "minute", per: "all", requests: 1 }),
      rule({ name: "hour", per: "all", requests: 1, windowMs: 3_600_000 }),
    );
    enter();
    const { error, shown } = enter();
    expect(error).toMatchObject({ retryAfterMs: 3_600_000 });
    expect(shown).toEqual([
      {
        name: "hour:requests",
        unit: "requests",
        limit: 1,
        windowMs: 3_600_000,
        remaining: 0,
        nextMs: 3_600_000,
        fullMs: 3_600_000,
      },
    ]);
  });

  test("show the tightest of requests and the tightest of tokens", () => {
    const { enter } = setup(
      rule({ name: "wide", per: "all", requests: 100, tokens: 10_000 }),
      rule({ name: "narrow", per: "tenant", requests: 5, tokens: 400 }),
    );
    expect(enter({}, 400).shown).toMatchObject([
      { name: "narrow:requests", remaining: 4 },
      { name: "narrow:tokens", remaining: 300 },
    ]);
  });
});

describe("tokens", () => {
  const tokens = rule({ per: "all", tokens: 1000 });

  test("are foreseen by the size of the body, and corrected by what was used", () => {
    const { enter } = setup(tokens);
    const first = enter({}, 2000);
    expect(first.shown).toMatchObject([{ remaining: 500 }]);
    first.ticket?.settle(900);
    expect(enter().shown).toMatchObject([{ remaining: 100 }]);
    expect(enter({}, 404).error?.retryAfterMs).toBe(60);
  });

  test("beyond the limit are waited for by those that come later", () => {
    const { enter, advance } = setup(tokens);
    enter({}, 40).ticket?.settle(3000);
    expect(enter({}, 4).error?.retryAfterMs).toBe(120_060);
    advance(120_060);
    expect(enter({}, 4).error).toBeUndefined();
  });

  test("are given back where no call was made", () => {
    const { enter } = setup(tokens);
    enter({}, 2000).ticket?.leave();
    expect(enter().shown).toMatchObject([{ remaining: 1000 }]);
  });

  test("of a call that is settled after its client is gone count as well", () => {
    const { enter } = setup(tokens);
    const { ticket } = enter({}, 2000);
    ticket?.leave();
    ticket?.settle(700);
    expect(enter().shown).toMatchObject([{ remaining: 300 }]);
  });

  test("of a call that is settled before its answer is out stay", () => {
    const { enter } = setup(tokens);
    const { ticket } = enter({}, 2000);
    ticket?.settle(700);
    ticket?.leave();
    expect(enter().shown).toMatchObject([{ remaining: 300 }]);
  });

  test("of a very large body are foreseen in part: it may be an image", () => {
    const { enter } = setup(rule({ per: "all", tokens: 100_000 }));
    expect(enter({}, 4_000_000).shown).toMatchObject([{ remaining: 83_616 }]);
  });
});

describe("an endpoint that only the body names", () => {
  const rules = [
    rule({ name: "all", per: "all", requests: 10, tokens: 1000 }),
    rule({ name: "each", per: "endpoint", requests: 1 }),
  ];

  test("is counted once it is known", () => {
    const { enter } = setup(...rules);
    enter({ endpoint: "summarize" });
    expect(() => enter().ticket?.enterEndpoint("classify")).not.toThrow();
    expect(() => enter().ticket?.enterEndpoint("summarize")).toThrow(HeadgateError);
  });

  test("gives all back that the request has taken before, where it is refused", () => {
    const { enter, refused } = setup(...rules);
    enter({ endpoint: "summarize" });
    for (let count = 0; count < 20; count++) {
      const { ticket } = enter({}, 400);
      expect(() => ticket?.enterEndpoint("summarize")).toThrow(HeadgateError);
      ticket?.leave();
    }
    expect(refused()).toBe(20);
    expect(enter().shown).toMatchObject([{ name: "all:requests", remaining: 8 }, { remaining: 1000 }]);
  });
});

test("without limits nothing is counted or shown", () => {
  const { enter } = setup();
  expect(enter({ keyId: "a" }, 400)).toEqual({ shown: [] });
});
