import { isRecord } from "../../json.ts";
import type { FaultRules } from "./fault-rules.ts";
import { renderHead, toChunk } from "./exchange.ts";
import type { HostileRequest } from "./hostile-request.ts";
import type { ServedConnection } from "./serve-connection.ts";

/** What `/__control` can do. */
export interface Controlled {
  readonly rules: Pick<FaultRules<unknown>, "set">;
  reset(): void;
}

/**
 * `POST /__control` with `{ model, fault, rate, afterMs, forMs }` sets a fault (`fault: null` takes it away);
 * `POST /__control/reset` forgets faults and ledger; `GET /__control/ledger` gives JSON Lines, from `?after=<id>` on, and
 * with `&bodies=1` what was asked, where it is still known;
 * `GET /__control/state` counts connections. Undefined for other paths.
 */
export function answerControl(
  request: HostileRequest,
  connection: ServedConnection,
  controlled: Controlled,
): Promise<void> | undefined {
  const [path, query = ""] = request.path.split("?", 2);
  switch (`${request.method} ${path}`) {
    case "POST /__control":
      return setFault(request, connection, controlled);
    case "POST /__control/reset":
      controlled.reset();
      return respond(connection, 200, { ok: true });
    case "GET /__control/ledger":
      return sendLedger(connection, new URLSearchParams(query));
    case "GET /__control/state":
      return respond(connection, 200, {
        openConnections: connection.ledger.openConnections,
        acceptedConnections: connection.ledger.acceptedConnections,
        requests: connection.ledger.entries.length,
      });
    default:
      return path?.startsWith("/__control")
        ? respond(connection, 404, { error: "There is no such control." })
        : undefined;
  }
}

function setFault({ json }: HostileRequest, connection: ServedConnection, { rules }: Controlled): Promise<void> {
  const { model = "*", fault, rate, afterMs, forMs } = json;
  try {
    if (!isRecord(json) || typeof model !== "string") throw new RangeError("`model` is a name or `*`.");
    if (fault !== null && typeof fault !== "string") throw new RangeError("`fault` is a fault's name or null.");
    rules.set(model, fault ?? undefined, {
      rate: toNumber("rate", rate),
      afterMs: toNumber("afterMs", afterMs),
      forMs: toNumber("forMs", forMs),
    });
    return respond(connection, 200, { ok: true });
  } catch (error) {
    return respond(connection, 400, { error: (error as Error).message });
  }
}

function toNumber(name: string, value: unknown): number | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value !== "number" || !(value >= 0)) throw new RangeError(`\`${name}\` is a number from 0 on.`);
  return value;
}

async function respond({ socket }: ServedConnection, status: number, value: unknown): Promise<void> {
  const body = JSON.stringify(value);
  const headers = { "content-type": "application/json", "content-length": String(Buffer.byteLength(body)) };
  socket.write(renderHead(status, headers, "Control") + body);
  await Promise.resolve();
}

const rowsPerChunk = 500;

async function sendLedger({ socket, ledger, closed }: ServedConnection, query: URLSearchParams): Promise<void> {
  const after = Number(query.get("after") ?? 0);
  const hasBodies = query.get("bodies") === "1";
  socket.write(renderHead(200, { "content-type": "application/jsonl", "transfer-encoding": "chunked" }, "Control"));
  const rows = ledger.entries.filter(({ id }) => id > after);
  for (let at = 0; at < rows.length; at += rowsPerChunk) {
    closed.throwIfAborted();
    const lines = rows
      .slice(at, at + rowsPerChunk)
      .map(({ json, ...entry }) => `${JSON.stringify(hasBodies ? { ...entry, json } : entry)}\n`);
    await new Promise<void>((resolve) => socket.write(toChunk(lines.join("")), () => resolve()));
  }
  socket.write("0\r\n\r\n");
}
