import type { FastifyInstance, FastifyRequest } from "fastify";
import { z } from "zod";
import { parseInput } from "../parse-input.ts";
import type { ServerContext } from "../server-context.ts";

const version = z.string().min(1).max(100);

const useBody = z.strictObject({ use: version });

const replayQuery = z.strictObject({
  version,
  /** Milliseconds since the epoch. */
  since: z.coerce.number().min(0).max(8.64e15),
});

/** `/admin/v1/routes`: rule sets, which of them is in force, and what another would have chosen. `/admin/v1/token-estimates`. */
export function registerAdminRoutes(http: FastifyInstance, context: ServerContext): void {
  const { routing, listTokenEstimates, flushRecords } = context;
  const onRequest = context.admit("admin");
  http.get("/admin/v1/token-estimates", { onRequest }, () => ({ models: listTokenEstimates?.() ?? [] }));
  if (!routing) return;

  http.get("/admin/v1/routes", { onRequest }, () => routing.list());

  http.post("/admin/v1/routes", { onRequest }, (request) => routing.use(parseInput(useBody, request.body).use));

  http.post("/admin/v1/routes/rollback", { onRequest }, () => routing.rollback());

  http.route({ method: "GET", url: "/admin/v1/routes/replay", onRequest, handler: replay });

  async function replay(request: FastifyRequest): Promise<unknown> {
    const wanted = parseInput(replayQuery, request.query);
    await flushRecords?.();
    return routing?.replay(wanted.version, wanted.since);
  }
}
