import type { FastifyInstance, FastifyRequest } from "fastify";
import { z } from "zod";
import { HeadgateError } from "../../errors.ts";
import { isUuid } from "../../ids.ts";
import type { CallRecord } from "../../store/store.ts";
import { parseInput } from "../parse-input.ts";
import type { ServerContext } from "../server-context.ts";

const statuses = ["ok", "fallback", "refused", "error", "cancelled"] as const satisfies readonly CallRecord["status"][];

// The last moment that a Date can hold, and Postgres too.
const maxMomentMs = 8.64e15;

const listQuery = z.strictObject({
  endpoint: z.string().min(1).max(100).optional(),
  status: z.enum(statuses).optional(),
  /** A page goes on before the `startedAtMs` of the last one's last record, whose fraction counts. */
  before: z.coerce.number().positive().max(maxMomentMs).optional(),
  limit: z.coerce.number().int().min(1).max(500).default(50),
});

interface RecordRoute {
  Params: { requestId: string };
}

/** `/admin/v1/requests`: the records of finished calls, newest first. */
export function registerAdminRequests(http: FastifyInstance, context: ServerContext): void {
  const { store } = context;
  const onRequest = context.admit("admin");

  async function list(request: FastifyRequest): Promise<{ requests: readonly CallRecord[] }> {
    const { before, ...query } = parseInput(listQuery, request.query);
    await context.flushRecords?.();
    return { requests: await store.listRecords({ ...query, beforeMs: before }) };
  }

  async function find({ params: { requestId } }: FastifyRequest<RecordRoute>): Promise<CallRecord> {
    if (!isUuid(requestId)) throw new HeadgateError("record_not_found", { detail: "A request id is a UUID." });
    await context.flushRecords?.();
    const record = await store.findRecord(requestId.toLowerCase());
    if (!record) throw new HeadgateError("record_not_found");
    return record;
  }

  http.route({ method: "GET", url: "/admin/v1/requests", onRequest, handler: list });
  http.route<RecordRoute>({ method: "GET", url: "/admin/v1/requests/:requestId", onRequest, handler: find });
}
