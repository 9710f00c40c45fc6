import type { FastifyInstance } from "fastify";
import type { ServerContext } from "../server-context.ts";

/** `/admin/v1/status`: what this process serves, and how it fares. `/admin/v1/breakers`: the health of its deployments. */
export function registerAdminStatus(http: FastifyInstance, context: ServerContext): void {
  const { gateway, store, clock, traffic, limiter } = context;

  http.get("/admin/v1/status", { onRequest: context.admit("admin") }, () => {
    const { id, endpoints, providers, models, tiers } = gateway.snapshot;
    return {
      version: context.version,
      snapshotId: id,
      auth: context.auth,
      uptimeMs: clock.now() - context.startedAtMs,
      inFlight: traffic.inFlight,
      draining: traffic.isDraining,
      overloaded: traffic.isShedding,
      rateLimited: limiter.refused,
      store: { kind: store.kind },
      recordsPending: context.pendingRecords?.() ?? 0,
      endpoints: [...endpoints.values()].map(({ name, contract, release, prompts }) => ({
        name,
        contract,
        release,
        prompts: [...prompts.keys()],
      })),
      providers: [...providers].map(([name, { type }]) => ({ name, type })),
      models: Object.fromEntries(models),
      tiers: Object.fromEntries(tiers),
    };
  });

  http.get("/admin/v1/breakers", { onRequest: context.admit("admin") }, () => ({
    breakers: context.listBreakers?.() ?? [],
  }));
}
