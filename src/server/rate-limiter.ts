import type { Clock } from "../clock.ts";
import type { LimitState } from "../contract/limit-state.ts";
import type { RateLimit } from "../endpoint/snapshot.ts";
import { HeadgateError } from "../errors.ts";
import { RateBook, type RateShare } from "./rate-book.ts";
import { findHolder, listGauges, type RateGauge, type RateSubject } from "./rate-gauge.ts";
import { RateMeter } from "./rate-meter.ts";

/** A request that comes in. */
interface RateEntry {
  readonly subject: RateSubject;
  /** Of its body, as it is announced. */
  readonly bodyBytes: number;
  /** Told how the tightest limit of requests and that of tokens stand; of a refused request, the one that refuses it. */
  readonly show: (states: readonly LimitState[]) => void;
}

/** What a request has taken. */
export interface RateTicket {
  /** The body has said which endpoint the request is for. @throws HeadgateError `rate_limited`; then all is given back */
  enterEndpoint(name: string): void;
  /** What it has really used, in tokens. What is told last holds. */
  settle(tokens: number): void;
  /** The request is over: one that nobody settled has used no tokens. */
  leave(): void;
}

export interface RateLimiter {
  /**
   * Takes one request, and the tokens of its body, from every limit that concerns it, or nothing. Undefined: no limit is
   * declared.
   * @throws HeadgateError `rate_limited`
   */
  enter(entry: RateEntry): RateTicket | undefined;
  /** Requests that were refused since the start. */
  readonly refused: number;
}

export interface RateLimiterOptions {
  readonly clock: Pick<Clock, "now">;
  readonly rateLimits: () => readonly RateLimit[];
  /** Processes that share the limits: each enforces its share. */
  readonly processes: () => number;
}

const bytesPerToken = 4;
/** Larger bodies are images and files more often than text: they are counted when their call ends. */
const mostForeseenTokens = 16_384;

export function createRateLimiter({ clock, rateLimits, processes }: RateLimiterOptions): RateLimiter {
  const book = new RateBook(new RateMeter({ clock }), processes);
  let refused = 0;

  function takeAll(shares: readonly RateShare[], show: RateEntry["show"]): void {
    const refusal = book.takeAll(shares);
    if (!refusal) return;
    refused++;
    show([book.toState(refusal.share)]);
    throw refuse(refusal.share.gauge, refusal.waitMs);
  }

  return {
    enter: ({ subject, bodyBytes, show }) => {
      const rules = rateLimits();
      if (rules.length === 0) return undefined;
      const foreseen = Math.min(Math.ceil(bodyBytes / bytesPerToken), mostForeseenTokens);
      const shares = findShares(rules, subject, foreseen);
      takeAll(shares, show);
      show(findTightest(shares.map(book.toState)));
      let isSettled = false;
      const settle = (tokens: number): void => {
        isSettled = true;
        for (const share of shares) if (share.gauge.unit === "tokens") book.change(share, tokens);
      };
      return {
        settle,
        leave: () => {
          if (!isSettled) settle(0);
        },
        enterEndpoint: (endpoint) => {
          const all = findShares(rules, { ...subject, endpoint }, foreseen);
          const added = all.filter(({ gauge }) => gauge.rule.per === "endpoint");
          if (added.length === 0) return;
          try {
            takeAll(added, show);
          } catch (error) {
            for (const share of shares.splice(0)) book.change(share, 0);
            throw error;
          }
          shares.push(...added);
          show(findTightest(shares.map(book.toState)));
        },
      };
    },
    get refused() {
      return refused;
    },
  };
}

function findShares(rules: readonly RateLimit[], subject: RateSubject, tokens: number): RateShare[] {
  return listGauges(rules).flatMap((gauge) => {
    const holder = findHolder(gauge.rule, subject);
    if (holder === undefined) return [];
    return [{ gauge, holder: `${gauge.key}${holder}`, units: gauge.unit === "requests" ? 1 : tokens }];
  });
}

/** The one of requests and the one of tokens with the smallest part left. */
function findTightest(states: readonly LimitState[]): readonly LimitState[] {
  return (["requests", "tokens"] as const).flatMap((unit) => {
    let tightest: LimitState | undefined;
    for (const state of states) {
      if (state.unit !== unit) continue;
      if (!tightest || state.remaining / state.limit < tightest.remaining / tightest.limit) tightest = state;
    }
    return tightest ?? [];
  });
}

const windows: Readonly<Record<number, string>> = {
  1000: "second",
  60_000: "minute",
  3_600_000: "hour",
  86_400_000: "day",
};

function refuse({ rule, unit, limit }: RateGauge, waitMs: number): HeadgateError {
  const whose = rule.per === "all" ? "from all together" : `for each ${rule.per}`;
  const window = windows[rule.windowMs] ?? `${rule.windowMs} ms`;
  const detail = `The rate limit "${rule.name}" takes ${limit} ${unit} a ${window} ${whose}. Try again in ${Math.ceil(waitMs / 1000)} s.`;
  return new HeadgateError("rate_limited", { detail, retryAfterMs: waitMs });
}
