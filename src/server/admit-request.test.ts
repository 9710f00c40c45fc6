import { expect, test } from "vitest";
import { systemClock, type Clock } from "../clock.ts";
import type { EndpointRequest } from "../gateway.ts";
import type { Reply } from "../reply.ts";
import { createFixture, summaryReply } from "./server-fixture.ts";
import { createServer } from "./server.ts";

/** Looks at it take this long, so that most calls that arrive together have to wait for a later turn. */
function createSlowClock(lookMs: number): Clock {
  let passedMs = 0;
  return { ...systemClock, now: () => Date.now() + (passedMs += lookMs) };
}

async function serve(
  callEndpoint: Gateway["callEndpoint"],
): Promise<{ readonly server: Server; readonly url: string }> {
  const server = createServer(createFixture({ callEndpoint }, { clock: createSlowClock() }).dependencies);
  const { url } = await server.listen({ host: "127.0.0.1", port: 0 });
  return { server, url };
}

const measure = async ({ input }: EndpointRequest): Promise<Reply> =>
  summaryReply(String((input as { readonly text: string }).text.length));

test("bodies of any size arrive whole with calls that had to wait for their turn", async () => {
  const fixture = createFixture({ callEndpoint: measure }, { clock: createSlowClock(6) });
  const server = createServer(fixture.dependencies);
  const { url } = await server.listen({ host: "127.0.0.1", port: 0 });
  const sizes = Array.from({ length: 24 }, (_, index) => 10 + index * 10_000);
  const answers = await Promise.all(
    sizes.map(async (size) => {
      const response = await fetch(`${url}/api/summarize/v1`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ text: "x".repeat(size) }),
      });
      return response.json() as Promise<{ readonly summary: unknown }>;
    }),
  );
  expect(answers.map(({ summary }) => summary)).toEqual(sizes.map(String));
  await server.close({ drainMs: 1000 });
});
