import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { z } from "zod";
import { openAiResponses } from "../../contract/openai-responses/openai-responses.ts";
import { HeadgateError } from "../../errors.ts";
import { isRecord, parseJson } from "../../json.ts";
import { parseItems } from "../conversations.ts";
import { parseInput } from "../parse-input.ts";
import type { ServerContext } from "../server-context.ts";
import { dialectOptions } from "./dialect.ts";

interface ResponseRoute {
  Params: { responseId: string };
}

const findQuery = z.looseObject({
  stream: z.literal("false", { error: "Kept answers are not streamed; leave it out" }).optional(),
});

const listQuery = z.looseObject({
  limit: z.coerce.number().int().min(1).max(100).default(20),
  order: z.enum(["asc", "desc"]).default("desc"),
  /** A page goes on after the item of this id. */
  after: z.string().optional(),
});

/** `/v1/responses/{id}`: the answers that are kept, as the official clients ask for them. */
export function registerStoredResponses(http: FastifyInstance, context: ServerContext): void {
  const { store, clock } = context;
  const url = "/v1/responses/:responseId";
  const options = dialectOptions(context, openAiResponses);

  async function find(request: FastifyRequest<ResponseRoute>): Promise<unknown> {
    parseInput(findQuery, request.query);
    const { tenant } = request.principal;
    const found = await store.findResponse(tenant, request.params.responseId, clock.now());
    if (!found) throw notFound();
    const body = parseJson(found.body);
    const output = parseItems(found.items.filter(({ isOutput }) => isOutput));
    return { ...(isRecord(body) ? body : {}), output };
  }

  async function list(request: FastifyRequest<ResponseRoute>): Promise<unknown> {
    const { limit, order, after } = parseInput(listQuery, request.query);
    const { responseId } = request.params;
    const found = await store.findConversation(request.principal.tenant, responseId, clock.now());
    if (!found) throw notFound();
    // All that the answer was given to: the conversation before it, and its request's own items.
    const asked = found.items.filter((item) => item.responseId !== responseId || !item.isOutput);
    const items = parseItems(order === "asc" ? asked : asked.toReversed());
    const start = after === undefined ? 0 : items.findIndex(({ id }) => id === after) + 1;
    if (after !== undefined && start === 0) {
      throw new HeadgateError("request_invalid", { issues: [{ path: "/after", message: "There is no such item" }] });
    }
    const data = items.slice(start, start + limit);
    const hasMore = start + limit < items.length;
    return {
      object: "list",
      data,
      first_id: data[0]?.["id"] ?? "",
      last_id: data.at(-1)?.["id"] ?? "",
      has_more: hasMore,
    };
  }

  async function remove(request: FastifyRequest<ResponseRoute>, reply: FastifyReply): Promise<unknown> {
    const { responseId } = request.params;
    if (!(await store.deleteResponse(request.principal.tenant, responseId, clock.now()))) throw notFound();
    reply.header("content-type", "application/json; charset=utf-8");
    return { id: responseId, object: "response", deleted: true };
  }

  http.route<ResponseRoute>({ method: "GET", url, ...options, handler: find });
  http.route<ResponseRoute>({ method: "DELETE", url, ...options, handler: remove });
  http.route<ResponseRoute>({ method: "GET", url: `${url}/input_items`, ...options, handler: list });
}

function notFound(): HeadgateError {
  const detail = "There is no such response, or it is no longer kept.";
  return new HeadgateError("response_not_found", { detail });
}
