import { fastify } from "fastify";
import type { FastifyInstance, FastifyReply } from "fastify";
import { openAiChat } from "../contract/openai-chat/openai-chat.ts";
import { openAiEmbeddings } from "../contract/openai-embeddings/openai-embeddings.ts";
import { openAiModerations } from "../contract/openai-moderations/openai-moderations.ts";
import { HeadgateError } from "../errors.ts";
import { createRequestId, isUuid } from "../ids.ts";
import { createAdmit } from "./admit-request.ts";
import { createAuthenticate } from "./authenticate.ts";
import { watchConnections, type Connections } from "./connections.ts";
import { createIdempotency } from "./idempotency/idempotency.ts";
import { createKeyRing } from "./key-ring.ts";
import { createLimitRate } from "./limit-rate.ts";
import { createLoadGuard } from "./load-guard.ts";
import { parseJsonBodies } from "./parse-body.ts";
import { createRateLimiter } from "./rate-limiter.ts";
import { refuseConnection } from "./refuse-connection.ts";
import { refuseOtherMethods } from "./refuse-other-methods.ts";
import { registerAdminKeys } from "./routes/admin-keys.ts";
import { registerAdminRequests } from "./routes/admin-requests.ts";
import { registerAdminRoutes } from "./routes/admin-routes.ts";
import { registerAdminStatus } from "./routes/admin-status.ts";
import { registerAdminUsage } from "./routes/admin-usage.ts";
import { registerCallEndpoint } from "./routes/call-endpoint.ts";
import { registerDialect } from "./routes/dialect.ts";
import { registerHealth } from "./routes/health.ts";
import { registerMessages } from "./routes/messages.ts";
import { registerModels } from "./routes/models.ts";
import { registerReference } from "./routes/reference.ts";
import { registerResponses } from "./routes/responses.ts";
import { createErrorHandler, problemShape } from "./send-error.ts";
import type { ServerContext } from "./server-context.ts";
import type { ServerDependencies } from "./server-dependencies.ts";
import { createStartQueue } from "./start-queue.ts";
import { socketBufferBytes } from "./stream-reply.ts";
import { createTraffic } from "./traffic.ts";

export interface App {
  readonly http: FastifyInstance;
  readonly context: ServerContext;
  readonly connections: Connections;
}

const defaultLimits: ServerContext["limits"] = {
  maxBodyBytes: 1024 * 1024,
  maxDialectBodyBytes: 32 * 1024 * 1024,
  maxBodyBytesInFlight: 256 * 1024 * 1024,
  maxInFlight: 1000,
  keyRefreshMs: 1000,
  requestTimeoutMs: 60_000,
  stalledReaderMs: 60_000,
  heartbeatMs: 15_000,
  maxConnections: 20_000,
};

// Longer than the idle timeout of the usual load balancers (60 s), so that it is they who close.
const keepAliveTimeoutMs = 72_000;
const headersTimeoutMs = 15_000;
// How often Node looks for requests that take too long to arrive; its own default lets them live 30 s longer.
const arrivalCheckMs = 5000;

/** Builds the routes around their shared parts, which live until `context.keys`, `context.guard` and `context.idempotency` are closed. */
export function createApp(dependencies: ServerDependencies): App {
  const context = createContext(dependencies);
  const http = createHttp(context);
  http.server.maxConnections = context.limits.maxConnections;
  http.server.on("connection", () => context.starts.shortenTurn());
  const connections = watchConnections(http.server);
  const sendError = createErrorHandler(context.logger, problemShape);
  http.setErrorHandler(sendError);
  http.decorateRequest("principal");
  http.decorateRequest("cancellation");
  http.decorateRequest("rateTicket");
  http.addHook("onRequest", function stampReply(request, reply, done) {
    reply.header("x-request-id", request.id);
    reply.header("cache-control", "no-store");
    if (context.traffic.isDraining) reply.raw.shouldKeepAlive = false;
    done(request.is404 ? new HeadgateError("route_not_found") : undefined);
  });
  http.addHook("preHandler", function beginWork(_request, reply, done) {
    try {
      context.traffic.begin(reply.raw);
      done();
    } catch (error) {
      done(error as Error);
    }
  });
  http.setNotFoundHandler((request, reply) => sendError(new HeadgateError("route_not_found"), request, reply));
  parseJsonBodies(http);
  const refuse = refuseOtherMethods(http);
  registerCallEndpoint(http, context);
  registerDialect(http, context, "/v1/chat/completions", openAiChat);
  registerDialect(http, context, "/v1/embeddings", openAiEmbeddings);
  registerDialect(http, context, "/v1/moderations", openAiModerations);
  registerModels(http, context);
  registerMessages(http, context);
  registerResponses(http, context);
  registerReference(http, context);
  registerHealth(http, context);
  registerAdminKeys(http, context);
  registerAdminRequests(http, context);
  registerAdminStatus(http, context);
  registerAdminUsage(http, context);
  registerAdminRoutes(http, context);
  refuse();
  return { http, context, connections };
}

function createContext(dependencies: ServerDependencies): ServerContext {
  const { auth, adminToken, store, clock, logger, gateway, processes = () => 1 } = dependencies;
  const limits = { ...defaultLimits, ...dependencies.limits };
  const keys = createKeyRing({ store, clock, logger, refreshMs: limits.keyRefreshMs });
  const guard = createLoadGuard({ clock, maxRssBytes: dependencies.limits?.maxRssBytes });
  const starts = createStartQueue({ clock });
  const traffic = createTraffic({ ...limits, guard, starts, random: () => clock.random() });
  const limiter = createRateLimiter({ clock, rateLimits: () => gateway.snapshot.rateLimits ?? [], processes });
  const admit = createAdmit({
    traffic,
    starts,
    authenticate: createAuthenticate({ auth, adminToken, keys }),
    limitRate: createLimitRate({ limiter, clock }),
  });
  const idempotency = createIdempotency({ ...dependencies, limits });
  const parts = { keys, guard, starts, traffic, limiter, admit, idempotency };
  return { ...dependencies, limits, ...parts, startedAtMs: clock.now() };
}

function createHttp({ clock, limits, logger }: ServerContext): FastifyInstance {
  const sendFrameworkError = createErrorHandler(logger, problemShape);
  return fastify({
    logger: false,
    trustProxy: false,
    bodyLimit: limits.maxBodyBytes,
    // Ids of responses are the vendors' own, and some are long: those that are kept have to be found.
    routerOptions: { maxParamLength: 200 },
    keepAliveTimeout: keepAliveTimeoutMs,
    requestTimeout: limits.requestTimeoutMs,
    connectionTimeout: limits.stalledReaderMs,
    genReqId: ({ headers }) => {
      const id = headers["x-request-id"];
      return typeof id === "string" && isUuid(id) ? id.toLowerCase() : createRequestId(clock.now());
    },
    frameworkErrors: (error, request, reply) => sendFrameworkError(error, request, reply as FastifyReply),
    clientErrorHandler: (error, socket) => refuseConnection(error, socket, createRequestId(clock.now())),
    forceCloseConnections: true,
    http: {
      highWaterMark: socketBufferBytes,
      connectionsCheckingInterval: arrivalCheckMs,
      headersTimeout: Math.min(headersTimeoutMs, limits.requestTimeoutMs),
    },
  });
}
