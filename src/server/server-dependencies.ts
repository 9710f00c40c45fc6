import type { Clock } from "../clock.ts";
import type { Gateway, OpenGateway } from "../gateway.ts";
import type { Store } from "../store/store.ts";
import type { Logger } from "../telemetry/logger.ts";

/** Everything the server works with, handed in by the composition root. */
export interface ServerDependencies {
  readonly gateway: Gateway;
  readonly store: Store;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Headgate's own version, for `/admin/v1/status` and the OpenAPI document. */
  readonly version: string;
  /** `keys`: every call needs a client key. `open`: none does, on loopback only. */
  readonly auth: "keys" | "open";
  /** Lets the command line of the same machine in, with every scope. At least 32 characters. */
  readonly adminToken?: string;
  /** Moves finished calls' records into the store, so that a record can be read right after its call. */
  readonly flushRecords?: () => Promise<void>;
  /** Records written to the journal and not yet in the store. */
  readonly pendingRecords?: () => number;
  /** The health of each deployment that was asked, for `/admin/v1/breakers`. */
  readonly listBreakers?: OpenGateway["listBreakers"];
  /** Processes that serve the project now, on this store: each enforces its share of the rate limits. @default 1 */
  readonly processes?: () => number;
  /** Rule sets, for `/admin/v1/routes`. */
  readonly routing?: OpenGateway["routing"];
  /** For `/admin/v1/token-estimates`. */
  readonly listTokenEstimates?: OpenGateway["listTokenEstimates"];
  readonly limits?: ServerLimits;
}

export interface ServerLimits {
  /** Largest request body in bytes; above it 413. @default 1048576 */
  readonly maxBodyBytes?: number;
  /** The same for requests in a foreign dialect, which carry images and whole conversations. @default 33554432 */
  readonly maxDialectBodyBytes?: number;
  /** Bytes of all request bodies at work together; above it 503. @default 268435456 */
  readonly maxBodyBytesInFlight?: number;
  /** Most requests at work at once; above it 503. @default 1000 */
  readonly maxInFlight?: number;
  /** How often client keys are read again, in milliseconds: the longest that a revoked key still works. @default 1000 */
  readonly keyRefreshMs?: number;
  /** Longest that a whole request may take to arrive, in milliseconds. @default 60000 */
  readonly requestTimeoutMs?: number;
  /** Longest that a client may take none of the bytes that wait for it before it is cut off, in milliseconds. @default 60000 */
  readonly stalledReaderMs?: number;
  /** Silence after which the client of a stream gets a comment, in milliseconds. @default 15000 */
  readonly heartbeatMs?: number;
  /** Resident size of the process in bytes above which only a tenth of `maxInFlight` is let in. @default 85 % of the memory */
  readonly maxRssBytes?: number;
  /** Most connections; more are closed at once. @default 20000 */
  readonly maxConnections?: number;
}
