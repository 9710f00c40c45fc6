import type { Socket } from "node:net";
import type { Clock } from "../../clock.ts";
import { isRecord } from "../../json.ts";
import type { Answer, Frame } from "./answer.ts";
import type { Exchange, Headers } from "./exchange.ts";
import type { HostileDialect } from "./hostile-request.ts";
import type { FaultParams } from "./model-script.ts";

/** A: connect. B: status and headers. C: plain body. D: event framing. E: timing. F: a stream's end. G: usage. H: tools and JSON. I: hostile content. J: a fleet over time. K: embeddings and moderation. */
export type FaultGroup = "A" | "B" | "C" | "D" | "E" | "F" | "G" | "H" | "I" | "J" | "K";

/** One way in which a provider can do wrong, as data for drills. */
export interface Fault {
  /** Asked for as the model `fault:<name>?<params>`. */
  readonly name: string;
  readonly group: FaultGroup;
  readonly what: string;
  readonly appliesTo: "plain" | "stream" | "both";
  readonly dialects: readonly HostileDialect[];
  /** A healthy fallback must give the client the whole healthy answer. */
  readonly recoverable: boolean;
  /** Odd but right: the client must get this very answer, without a fallback. */
  readonly isHarmless?: boolean;
  /** The request is at fault: asking elsewhere would be wrong. */
  readonly isClientFault?: boolean;
  /** The parameters, with their defaults, as in `after=3&ms=0`. */
  readonly params?: string;
}

export interface ScriptedFault extends Fault {
  run(exchange: Exchange): Promise<void>;
  /** What is done at once to a new connection, where the fault is set for all models or has a port of its own. */
  atAccept?(connection: AcceptedConnection): Promise<void>;
}

export interface AcceptedConnection {
  readonly socket: Socket;
  readonly clock: Clock;
  readonly closed: AbortSignal;
  readonly params: FaultParams;
}

export const modelDialects: readonly HostileDialect[] = ["openai-chat", "openai-responses", "anthropic"];
export const allDialects: readonly HostileDialect[] = [
  ...modelDialects,
  "openai-embeddings",
  "openai-moderations",
  "openai-models",
];

export type FaultRow = Omit<ScriptedFault, "group" | "appliesTo" | "dialects" | "recoverable"> &
  Partial<Pick<ScriptedFault, "appliesTo" | "dialects" | "recoverable">>;

type Defaults = Pick<ScriptedFault, "group" | "appliesTo"> & Partial<Pick<ScriptedFault, "dialects">>;

/** Rows say only what differs: a fault is recoverable in all model dialects unless told otherwise. */
export function defineFaults(defaults: Defaults, rows: readonly FaultRow[]): ScriptedFault[] {
  return rows.map((row) => ({ dialects: modelDialects, recoverable: true, ...defaults, ...row }));
}

export function toHarmless(row: FaultRow): FaultRow {
  return { ...row, isHarmless: true };
}

export function toFrames({ writer, request, answer }: Exchange, said: Answer = answer): Frame[] {
  const options = request.json["stream_options"];
  const wantsUsage = isRecord(options) && options["include_usage"] === true;
  return writer.toFrames(said, wantsUsage);
}

/** Says an answer as a good provider would, plain or as a stream. */
export async function sendAnswer(exchange: Exchange, answer: Answer, headers: Headers = usualHeaders): Promise<void> {
  if (exchange.request.isStream) {
    await sendFrames(exchange, toFrames(exchange, answer), headers);
    return;
  }
  const written = exchange.respondJson(200, exchange.writer.toWhole(answer), headers);
  exchange.countAnswer(answer);
  await written;
}

export async function sendFrames(exchange: Exchange, frames: readonly Frame[], headers: Headers = {}): Promise<void> {
  await exchange.openStream(headers);
  await exchange.send(frames);
  await exchange.closeStream();
}

const usualHeaders = { "x-request-id": "req_hostile", "openai-processing-ms": "1" };

/** A stream's frames up to its `after`th with content, and the rest. */
export function cutFrames(frames: readonly Frame[], after: number): readonly [head: Frame[], rest: Frame[]] {
  let seen = 0;
  const at = frames.findIndex(({ kind }) => kind !== "start" && (kind !== "content" || ++seen > after));
  const border = at === -1 ? frames.length : at;
  return [frames.slice(0, border), frames.slice(border)];
}
