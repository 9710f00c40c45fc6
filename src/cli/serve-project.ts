import { randomBytes } from "node:crypto";
import { systemClock } from "../clock.ts";
import { parsePort, parseSeconds } from "../config.ts";
import { HeadgateError } from "../errors.ts";
import { openGateway } from "../gateway.ts";
import type { OpenGateway, ProviderSource } from "../gateway.ts";
import { createServer } from "../server/server.ts";
import type { Server } from "../server/server.ts";
import { createLogger } from "../telemetry/logger.ts";
import type { Logger } from "../telemetry/logger.ts";
import type { CommandInput, OptionSpec, Terminal } from "./command.ts";
import { jsonOption, projectOption, textValue } from "./command.ts";
import { openDataFolder, removeServerNote, writeServerNote } from "./data-folder.ts";
import type { ServerNote } from "./data-folder.ts";
import { findProjectFolder } from "./project-folder.ts";
import { packageVersion } from "./version.ts";

export const serveOptions: Readonly<Record<string, OptionSpec>> = {
  project: projectOption,
  host: {
    type: "string",
    value: "<address>",
    description: "Address to listen on. Default: 127.0.0.1 (HEADGATE_HOST).",
  },
  port: { type: "string", value: "<number>", description: "Port to listen on. Default: 8787 (HEADGATE_PORT, PORT)." },
  drain: {
    type: "string",
    value: "<seconds>",
    description:
      "How long calls at work may take to finish when the server stops. Default: 30 (HEADGATE_DRAIN_SECONDS). A second SIGTERM or SIGINT ends at once.",
  },
  "lame-duck": {
    type: "string",
    value: "<seconds>",
    description:
      "How long the server goes on after SIGTERM, with /readyz red, until load balancers have turned away from it; part of the drain. Default: 5, and 0 for dev (HEADGATE_LAME_DUCK_SECONDS).",
  },
  json: jsonOption,
};

export interface ServingMode {
  readonly auth: "keys" | "open";
  readonly sources: readonly ProviderSource[];
  /** File descriptor for the log: 1 or 2. */
  readonly logTo: 1 | 2;
  /** Unless it is set otherwise, in milliseconds. */
  readonly defaultLameDuckMs: number;
}

export interface Serving {
  readonly url: string;
  readonly folder: string;
  readonly gateway: OpenGateway;
  readonly log: Logger;
  /**
   * Drains, writes what is left to the store, and frees the data folder.
   * @param signal what asked for it: only for SIGTERM is there a lame duck, since Ctrl-C is somebody who waits
   */
  close(signal?: string): Promise<void>;
}

const defaultPort = 8787;
const defaultDrainMs = 30_000;

/** Opens the project's gateway and serves it, or leaves nothing behind. */
export async function serveProject(input: CommandInput, terminal: Terminal, mode: ServingMode): Promise<Serving> {
  const { environment } = terminal;
  const folder = findProjectFolder(input.values, terminal);
  const host = textValue(input.values, "host") ?? environment.host ?? "127.0.0.1";
  const port = parsePort(textValue(input.values, "port"), "--port") ?? environment.port ?? defaultPort;
  const drainMs = parseSeconds(textValue(input.values, "drain"), "--drain") ?? environment.drainMs ?? defaultDrainMs;
  const lameDuckMs =
    parseSeconds(textValue(input.values, "lame-duck"), "--lame-duck") ??
    environment.lameDuckMs ??
    mode.defaultLameDuckMs;
  const dataFolder = openDataFolder(folder);
  const { log, logCall, flush } = createLogger({ level: environment.logLevel, destination: mode.logTo });
  const gateway = await openGateway({ folder, dataFolder, environment, sources: mode.sources, log, logCall });
  let server: Server | undefined;
  let note: ServerNote | undefined;
  const close = async (signal?: string): Promise<void> => {
    await server?.close({
      drainMs,
      lameDuckMs: signal === "SIGTERM" ? lameDuckMs : 0,
      endCalls: gateway.endCalls,
    });
    await gateway.close();
    if (note) removeServerNote(dataFolder, note);
    flush();
  };
  try {
    if (mode.auth === "keys") await requireKey(gateway);
    const adminToken = randomBytes(32).toString("base64url");
    server = createServer({
      gateway,
      store: gateway.store,
      clock: systemClock,
      logger: log,
      version: packageVersion,
      auth: mode.auth,
      adminToken,
      flushRecords: () => gateway.journal.flush(),
      pendingRecords: () => gateway.journal.pending,
      processes: gateway.processes,
      listBreakers: gateway.listBreakers,
      routing: gateway.routing,
      listTokenEstimates: gateway.listTokenEstimates,
    });
    const { url } = await server.listen({ host, port });
    note = { url: toLocalUrl(url), adminToken, pid: process.pid };
    writeServerNote(dataFolder, note);
    return { url, folder, gateway, log, close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function requireKey(gateway: OpenGateway): Promise<void> {
  const keys = await gateway.store.listKeys();
  if (keys.some(({ revokedAtMs }) => revokedAtMs === undefined)) return;
  throw new HeadgateError("server_open", {
    detail:
      "There is no API key yet, and the server does not start open. Create one: headgate keys create --name first",
  });
}

// A wildcard address is a place to listen on, not one to connect to.
function toLocalUrl(url: string): string {
  return url.replace("//0.0.0.0:", "//127.0.0.1:").replace("//[::]:", "//[::1]:");
}
