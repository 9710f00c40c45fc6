import { allDialects, defineFaults, type AcceptedConnection, type ScriptedFault } from "../fault.ts";
import { answerHealthy } from "../healthy.ts";

/**
 * A: connections. By a model's name they are done after the request was read; set for all models, or by their own port,
 * at once. A refused connection, a full backlog and TLS have URLs of their own (`refusedUrl`, `openBacklog`, `openTls`).
 * DNS faults are not scripted here: names are resolved by the client, so they need a resolver of the client's.
 */
export const connectFaults: readonly ScriptedFault[] = defineFaults(
  { group: "A", appliesTo: "both", dialects: allDialects },
  [
    {
      name: "accept-reset",
      what: "The connection is reset before a byte of the answer.",
      run: (exchange) => exchange.reset(),
      atAccept: async ({ socket }) => {
        socket.resetAndDestroy();
        await Promise.resolve();
      },
    },
    {
      name: "accept-fin",
      what: "The connection is closed in good order before a byte of the answer.",
      run: (exchange) => exchange.fin(),
      atAccept: async ({ socket }) => {
        socket.destroySoon();
        await Promise.resolve();
      },
    },
    {
      name: "never-read",
      what: "Nothing is read from the connection any more, and nothing answered.",
      run: async (exchange) => {
        exchange.socket.pause();
        await exchange.hang();
      },
      atAccept: async (connection) => {
        connection.socket.pause();
        await untilClosed(connection);
      },
    },
    {
      name: "blackhole",
      what: "All is read, and nothing answered.",
      run: (exchange) => exchange.hang(),
      atAccept: async (connection) => {
        connection.socket.resume();
        await untilClosed(connection);
      },
    },
    {
      name: "slow-accept",
      what: "The connection is not looked at for ms, then answered well.",
      params: "ms=2000",
      run: async (exchange) => {
        await exchange.sleep(exchange.params.number("ms", 2000));
        await answerHealthy(exchange);
      },
      atAccept: ({ clock, closed, params }) => clock.sleep(params.number("ms", 2000), closed),
    },
  ],
);

function untilClosed({ closed }: AcceptedConnection): Promise<never> {
  return new Promise((_resolve, reject) => {
    if (closed.aborted) reject(closed.reason as Error);
    closed.addEventListener("abort", () => reject(closed.reason as Error), { once: true });
  });
}
