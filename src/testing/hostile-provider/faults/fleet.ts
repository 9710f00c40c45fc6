import type { Exchange } from "../exchange.ts";
import { allDialects, defineFaults, type ScriptedFault } from "../fault.ts";
import { answerHealthy } from "../healthy.ts";
import { createRandom } from "../known-text.ts";

/** J: what a provider does over time. Each counts from its first request; models share what it remembers by `key=`. */
export const fleetFaults: readonly ScriptedFault[] = defineFaults(
  { group: "J", appliesTo: "both", dialects: allDialects },
  [
    {
      name: "dead-keys",
      what: "401 for the keys that end in one of these; the others are well.",
      params: "keys=dead",
      run: (exchange) => {
        const { headers } = exchange.request;
        const key = headers["authorization"] ?? headers["x-api-key"] ?? headers["api-key"] ?? "";
        const dead = exchange.params.text("keys", "dead").split(",");
        if (!dead.some((end) => key.endsWith(end))) return answerHealthy(exchange);
        return exchange.respondJson(401, exchange.writer.toErrorBody({ kind: "auth", message: "invalid x-api-key" }));
      },
    },
    {
      name: "slow-region",
      what: "Each answer begins ms late.",
      isHarmless: true,
      params: "ms=1000",
      run: async (exchange) => {
        await exchange.sleep(exchange.params.number("ms", 1000));
        await answerHealthy(exchange);
      },
    },
    {
      name: "brown-out",
      what: "The share of failures goes from one rate to another over ms, and stays there. As recovery: from=1&to=0.",
      params: "ms=10000&from=0&to=1&as=503",
      run: (exchange) => {
        const memory = recallStart(exchange);
        const share = Math.min(1, sinceMs(exchange, memory) / exchange.params.number("ms", 10_000));
        const from = exchange.params.number("from", 0);
        const rate = from + (exchange.params.number("to", 1) - from) * share;
        return memory.random() < rate ? fail(exchange) : answerHealthy(exchange);
      },
    },
    {
      name: "flapping",
      what: "Down and up in turn, each for a while; down first.",
      params: "period=1000&as=503",
      run: (exchange) => {
        const turn = Math.floor(sinceMs(exchange, recallStart(exchange)) / exchange.params.number("period", 1000));
        return turn % 2 === 0 ? fail(exchange) : answerHealthy(exchange);
      },
    },
    {
      name: "down",
      what: "Down for ms, beginning after a while.",
      params: "ms=60000&after=0&as=503",
      run: (exchange) => {
        const passedMs = sinceMs(exchange, recallStart(exchange)) - exchange.params.number("after", 0);
        const isDown = passedMs >= 0 && passedMs < exchange.params.number("ms", 60_000);
        return isDown ? fail(exchange) : answerHealthy(exchange);
      },
    },
    {
      name: "herd",
      what: "429 until s seconds after the first request, all told the same end; then a few a second, 429 for the rest.",
      params: "s=2&burst=5",
      run: (exchange) => {
        const memory = exchange.recall(() => ({ startMs: exchange.clock.now(), second: -1, taken: 0 }));
        const leftMs = memory.startMs + exchange.params.number("s", 2) * 1000 - exchange.clock.now();
        if (leftMs > 0)
          return limit(exchange, { "retry-after": String(Math.ceil(leftMs / 1000)), "retry-after-ms": String(leftMs) });
        const second = Math.floor(-leftMs / 1000);
        if (second !== memory.second) Object.assign(memory, { second, taken: 0 });
        if (memory.taken >= exchange.params.number("burst", 5)) return limit(exchange, { "retry-after": "1" });
        memory.taken++;
        return answerHealthy(exchange);
      },
    },
    {
      name: "token-bucket",
      what: "A true rate limit: so many requests at once, refilled over the minute, its headers on every answer.",
      params: "rpm=60&burst=10",
      run: (exchange) => takeFromBucket(exchange),
    },
    {
      name: "capacity",
      what: "So many requests at work, each for ms; so many wait; 503 for the rest.",
      params: "slots=4&ms=100&queue=0",
      run: (exchange) => serveWithin(exchange),
    },
  ],
);

interface Start {
  readonly startMs: number;
  readonly random: () => number;
}

function recallStart(exchange: Exchange): Start {
  return exchange.recall(() => ({ startMs: exchange.clock.now(), random: createRandom(exchange.request.model) }));
}

function sinceMs({ clock }: Exchange, { startMs }: Start): number {
  return clock.now() - startMs;
}

/** `as` says how: a status, `reset`, or `hang`. */
function fail(exchange: Exchange): Promise<void> {
  const how = exchange.params.text("as", "503");
  if (how === "reset") return exchange.reset();
  if (how === "hang") return exchange.hang();
  const body = exchange.writer.toErrorBody({ kind: "overloaded", message: "Down." });
  return exchange.respondJson(exchange.params.number("as", 503), body);
}

function limit(exchange: Exchange, headers: Readonly<Record<string, string>>): Promise<void> {
  const body = exchange.writer.toErrorBody({ kind: "rate-limit", message: "Rate limit reached for requests." });
  return exchange.respondJson(429, body, headers);
}

function takeFromBucket(exchange: Exchange): Promise<void> {
  const most = exchange.params.number("burst", 10);
  const perMs = exchange.params.number("rpm", 60) / 60_000;
  const nowMs = exchange.clock.now();
  const bucket = exchange.recall(() => ({ tokens: most, atMs: nowMs }));
  bucket.tokens = Math.min(most, bucket.tokens + (nowMs - bucket.atMs) * perMs);
  bucket.atMs = nowMs;
  const isTaken = bucket.tokens >= 1;
  if (isTaken) bucket.tokens--;
  const headers = toBucketHeaders(exchange, most, Math.floor(bucket.tokens), (most - bucket.tokens) / perMs);
  if (isTaken) return answerHealthy(exchange, headers);
  const waitMs = Math.ceil((1 - bucket.tokens) / perMs);
  return limit(exchange, {
    ...headers,
    "retry-after": String(Math.ceil(waitMs / 1000)),
    "retry-after-ms": String(waitMs),
  });
}

function toBucketHeaders(
  { request, clock }: Exchange,
  most: number,
  left: number,
  fullInMs: number,
): Record<string, string> {
  if (request.dialect === "anthropic") {
    return {
      "anthropic-ratelimit-requests-limit": String(most),
      "anthropic-ratelimit-requests-remaining": String(left),
      "anthropic-ratelimit-requests-reset": new Date(clock.now() + fullInMs).toISOString(),
    };
  }
  return {
    "x-ratelimit-limit-requests": String(most),
    "x-ratelimit-remaining-requests": String(left),
    "x-ratelimit-reset-requests": `${(fullInMs / 1000).toFixed(3)}s`,
  };
}

interface Capacity {
  busy: number;
  readonly waiting: Set<() => void>;
}

async function serveWithin(exchange: Exchange): Promise<void> {
  const capacity = exchange.recall((): Capacity => ({ busy: 0, waiting: new Set() }));
  if (capacity.busy >= exchange.params.number("slots", 4)) {
    if (capacity.waiting.size >= exchange.params.number("queue", 0)) {
      await exchange.respondJson(503, exchange.writer.toErrorBody({ kind: "overloaded", message: "No slot is free." }));
      return;
    }
    await waitForSlot(exchange, capacity);
  } else capacity.busy++;
  try {
    await exchange.sleep(exchange.params.number("ms", 100));
    await answerHealthy(exchange);
  } finally {
    // Whoever waits longest takes the slot over.
    const [next] = capacity.waiting;
    if (next) next();
    else capacity.busy--;
  }
}

async function waitForSlot(exchange: Exchange, { waiting }: Capacity): Promise<void> {
  const slot = Promise.withResolvers<void>();
  const take = (): void => {
    waiting.delete(take);
    slot.resolve();
  };
  waiting.add(take);
  try {
    await Promise.race([slot.promise, exchange.hang()]);
  } finally {
    waiting.delete(take);
  }
}
