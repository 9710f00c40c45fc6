import type { FastifyInstance } from "fastify";
import { createReadiness } from "../readiness.ts";
import type { ServerContext } from "../server-context.ts";

/** `/livez`: the process answers. `/readyz`: it should get traffic. Both answer while the server drains. */
export function registerHealth(http: FastifyInstance, context: ServerContext): void {
  const readiness = createReadiness(context);

  http.get("/livez", (request, reply) => {
    void reply.headers({ "x-request-id": request.id, "cache-control": "no-store" }).send({ status: "live" });
  });

  http.get("/readyz", async (request, reply) => {
    const { isDraining, isShedding } = context.traffic;
    // Whoever asks a server that drains waits for nothing.
    const isStoreReachable = isDraining ? readiness.wasStoreReachable : await readiness.isStoreReachable();
    const isReady = !isDraining && isStoreReachable === true;
    void reply
      .code(isReady ? 200 : 503)
      .headers({ "x-request-id": request.id, "cache-control": "no-store" })
      .send({
        status: isReady ? (isShedding ? "degraded" : "ready") : "unavailable",
        draining: isDraining,
        overloaded: isShedding,
        store: isStoreReachable === undefined ? "unknown" : isStoreReachable ? "reachable" : "unreachable",
        recordsPending: context.pendingRecords?.() ?? 0,
      });
    return reply;
  });
}
