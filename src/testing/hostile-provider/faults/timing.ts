import type { Exchange } from "../exchange.ts";
import { cutFrames, defineFaults, toFrames, type ScriptedFault } from "../fault.ts";
import { answerHealthy } from "../healthy.ts";
import { createRandom } from "../known-text.ts";

/** E: right bytes at the wrong time. */
export const timingFaults: readonly ScriptedFault[] = defineFaults({ group: "E", appliesTo: "stream" }, [
  {
    name: "ttft",
    what: "Nothing at all for ms, then a healthy answer.",
    appliesTo: "both",
    params: "ms=20000",
    run: async (exchange) => {
      await exchange.sleep(exchange.params.number("ms", 20_000));
      await answerHealthy(exchange);
    },
  },
  {
    name: "ttft-after-head",
    what: "The head at once, the first event after ms.",
    params: "ms=20000",
    run: async (exchange) => {
      await exchange.openStream();
      await exchange.sleep(exchange.params.number("ms", 20_000));
      await exchange.send(toFrames(exchange));
      await exchange.closeStream();
    },
  },
  {
    name: "stall",
    what: "Silence after some tokens, or half of a plain body, with the connection open: for ever, or for ms.",
    appliesTo: "both",
    params: "after=3&ms=0",
    run: (exchange) => stall(exchange, () => waitFor(exchange)),
  },
  {
    name: "stall-keep-alive",
    what: "Only comments or pings after some tokens.",
    params: "after=3&every=20",
    run: (exchange) => stall(exchange, () => repeat(exchange, exchange.writer.ping)),
  },
  {
    name: "stall-empty-deltas",
    what: "Only empty deltas after some tokens.",
    params: "after=3&every=20",
    run: (exchange) => stall(exchange, () => repeat(exchange, exchange.writer.toEmptyDelta(exchange.answer))),
  },
  {
    name: "keep-alive-only",
    what: "Only comments or pings from the start.",
    params: "every=20",
    run: async (exchange) => {
      await exchange.openStream();
      await repeat(
        exchange,
        exchange.request.dialect === "anthropic" ? exchange.writer.ping : ": OPENROUTER PROCESSING\n\n",
      );
    },
  },
  {
    name: "linger",
    what: "A whole answer, and then the response is never ended.",
    isHarmless: true,
    run: async (exchange) => {
      await exchange.openStream();
      await exchange.send(toFrames(exchange));
      await exchange.hang();
    },
  },
  {
    name: "slow-close",
    what: "A whole answer without a length, whose connection closes ms later.",
    isHarmless: true,
    params: "ms=2000",
    run: async (exchange) => {
      const frames = toFrames(exchange);
      await exchange.head(200, { "content-type": "text/event-stream", connection: "close" });
      await exchange.write(frames.map(({ wire }) => wire).join(""));
      exchange.count(frames);
      await exchange.sleep(exchange.params.number("ms", 2000));
      await exchange.fin();
    },
  },
  {
    name: "slow-drip",
    what: "One token each ms.",
    isHarmless: true,
    params: "ms=200",
    run: (exchange) => sendWithGaps(exchange, () => exchange.params.number("ms", 200)),
  },
  {
    name: "jitter",
    what: "Between tokens, anything from no time to ms.",
    isHarmless: true,
    params: "ms=100",
    run: (exchange) => {
      const random = createRandom(exchange.request.model);
      return sendWithGaps(exchange, () => random() * exchange.params.number("ms", 100));
    },
  },
  {
    name: "burst",
    what: "The answer's events over and over, as fast as they are taken, up to so many bytes of text.",
    recoverable: false,
    params: "bytes=10485760",
    run: burst,
  },
  {
    name: "late-finish",
    what: "All tokens at once, the finish after ms: set it to just before or after a deadline.",
    isHarmless: true,
    params: "ms=1000",
    run: async (exchange) => {
      const [head, rest] = cutFrames(toFrames(exchange), Number.POSITIVE_INFINITY);
      await exchange.openStream();
      await exchange.send(head);
      await exchange.sleep(exchange.params.number("ms", 1000));
      await exchange.send(rest);
      await exchange.closeStream();
    },
  },
]);

async function stall(exchange: Exchange, wait: () => Promise<void>): Promise<void> {
  const after = exchange.params.number("after", 3);
  if (!exchange.request.isStream) {
    const body = Buffer.from(JSON.stringify(exchange.writer.toWhole(exchange.answer)));
    await exchange.head(200, { "content-type": "application/json", "content-length": String(body.length) });
    await exchange.write(body.subarray(0, body.length / 2));
    exchange.countAnswer(exchange.answer);
    await wait();
    await exchange.write(body.subarray(body.length / 2));
    return;
  }
  const [head, rest] = cutFrames(toFrames(exchange), after);
  await exchange.openStream();
  await exchange.send(head);
  await wait();
  await exchange.send(rest);
  await exchange.closeStream();
}

async function waitFor(exchange: Exchange): Promise<void> {
  const ms = exchange.params.number("ms", 0);
  await (ms > 0 ? exchange.sleep(ms) : exchange.hang());
}

async function repeat(exchange: Exchange, wire: string): Promise<never> {
  for (;;) {
    await exchange.chunk(wire);
    await exchange.sleep(exchange.params.number("every", 20));
  }
}

async function sendWithGaps(exchange: Exchange, nextMs: () => number): Promise<void> {
  await exchange.openStream();
  for (const frame of toFrames(exchange)) {
    if (frame.kind === "content") await exchange.sleep(nextMs());
    await exchange.send([frame]);
  }
  await exchange.closeStream();
}

async function burst(exchange: Exchange): Promise<void> {
  const [head, rest] = cutFrames(toFrames(exchange), Number.POSITIVE_INFINITY);
  const content = head.filter(({ kind }) => kind === "content");
  await exchange.openStream();
  await exchange.send(head);
  const round = content.reduce((bytes, { said }) => bytes + said.length, 0);
  const mostBytes = round === 0 ? 0 : exchange.params.number("bytes", 10 * 1024 * 1024);
  for (let sent = round; sent < mostBytes; sent += round) await exchange.send(content);
  await exchange.send(rest);
  await exchange.closeStream();
}
