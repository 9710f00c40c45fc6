import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { z } from "zod";
import { reportBudgets } from "../../usage/report-budgets.ts";
import type { BudgetsReport } from "../../usage/report-budgets.ts";
import { reportUsage } from "../../usage/report-usage.ts";
import type { UsageReport } from "../../usage/report-usage.ts";
import { toUsageCsv } from "../../usage/usage-csv.ts";
import { usageQuerySchema } from "../../usage/usage-query.ts";
import { parseInput } from "../parse-input.ts";
import type { ServerContext } from "../server-context.ts";

const budgetsQuery = z.strictObject({ limit: z.coerce.number().int().min(1).max(1000).default(100) });

/** `/admin/v1/usage`: what calls have taken and cost. `/admin/v1/budgets`: what budgets have left. */
export function registerAdminUsage(http: FastifyInstance, context: ServerContext): void {
  const { store, clock } = context;
  const onRequest = context.admit("admin");

  async function tellUsage(request: FastifyRequest, reply: FastifyReply): Promise<UsageReport | string> {
    const query = parseInput(usageQuerySchema, request.query);
    await context.flushRecords?.();
    const report = await reportUsage(store, query, clock.now());
    if (query.format === "json") return report;
    void reply.type("text/csv; charset=utf-8; header=present");
    void reply.header("content-disposition", 'attachment; filename="usage.csv"');
    return toUsageCsv(report);
  }

  async function tellBudgets(request: FastifyRequest): Promise<BudgetsReport> {
    const { limit } = parseInput(budgetsQuery, request.query);
    const { listBudgets = listNone } = context;
    await context.flushRecords?.();
    const declared = context.gateway.snapshot.budgets ?? [];
    return reportBudgets({ listBudgets, store, declared, nowMs: clock.now(), limit });
  }

  http.route({ method: "GET", url: "/admin/v1/usage", onRequest, handler: tellUsage });
  http.route({ method: "GET", url: "/admin/v1/budgets", onRequest, handler: tellBudgets });
}

async function listNone(): Promise<readonly []> {
  return [];
}
