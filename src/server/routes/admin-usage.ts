import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { reportBudgets } from "../../usage/report-budgets.ts";
import type { BudgetsReport } from "../../usage/report-budgets.ts";
import { reportUsage } from "../../usage/report-usage.ts";
import type { UsageReport } from "../../usage/report-usage.ts";
import { toUsageCsv } from "../../usage/usage-csv.ts";
import { budgetsQuerySchema, usageQuerySchema } from "../../usage/usage-query.ts";
import { parseInput } from "../parse-input.ts";
import type { ServerContext } from "../server-context.ts";

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
    const { limit } = parseInput(budgetsQuerySchema, request.query);
    await context.flushRecords?.();
    const { budgets = [] } = context.gateway.snapshot;
    return reportBudgets(store, { declared: budgets, nowMs: clock.now(), limit });
  }

  http.route({ method: "GET", url: "/admin/v1/usage", onRequest, handler: tellUsage });
  http.route({ method: "GET", url: "/admin/v1/budgets", onRequest, handler: tellBudgets });
}
