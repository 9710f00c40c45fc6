import { parseJson } from "../../src/json.ts";
import type { MatrixClient, SeenEvent } from "./clients/client.ts";
import type { MatrixHeadgate } from "./headgate.ts";
import type { Json, MatrixCase, VendorAnswer } from "./matrix-case.ts";
import type { MatrixUpstream } from "./upstream.ts";
import type { MatrixVendor, SeenRequest } from "./vendors/vendor.ts";

/** What one client asked of one vendor, and what came of it. */
export interface Exchange {
  readonly client: MatrixClient;
  readonly vendor: MatrixVendor;
  /** Of the request; part of all the ids that are made up. */
  readonly requestId: string;
  /** What reached the vendor: nothing, if the request was refused; several times, if it was retried. */
  readonly seen: readonly SeenRequest[];
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly warnings: readonly string[];
  /** The client got exactly what the vendor sent. */
  readonly isUntouched: boolean;
  /** Of an answer that is a stream. */
  readonly events?: readonly SeenEvent[];
  /** Of a whole answer, or what the stream adds up to. */
  readonly body: unknown;
}

/** The same turn, asked for whole and streamed. */
export interface Pair {
  readonly whole: Exchange;
  readonly streamed: Exchange;
}

export interface Stage {
  readonly headgate: MatrixHeadgate;
  readonly upstream: MatrixUpstream;
  readonly clients: readonly MatrixClient[];
  readonly vendors: readonly MatrixVendor[];
}

/** Asks in every dialect, whole and streamed, of every vendor. Turn by turn: all the pairs. */
export async function playCase(stage: Stage, matrixCase: MatrixCase): Promise<readonly (readonly Pair[])[]> {
  const turns: Pair[][] = matrixCase.next ? [[], []] : [[]];
  for (const vendor of stage.vendors) {
    for (const client of stage.clients) {
      if (!matrixCase.requests[client.name]) continue;
      const whole = await converse(stage, matrixCase, { client, vendor, isStreamed: false });
      const streamed = await converse(stage, matrixCase, { client, vendor, isStreamed: true });
      for (const [turn, exchange] of whole.entries()) turns[turn]!.push({ whole: exchange, streamed: streamed[turn]! });
    }
  }
  return turns;
}

interface Side {
  readonly client: MatrixClient;
  readonly vendor: MatrixVendor;
  readonly isStreamed: boolean;
}

async function converse(stage: Stage, matrixCase: MatrixCase, side: Side): Promise<readonly Exchange[]> {
  const { client, vendor } = side;
  const { next, answer, requests } = matrixCase;
  const request = requests[client.name]!;
  const first = await ask(stage, matrixCase, side, request, answer);
  if (!next || first.status !== 200) return [first];
  const { vendors } = stage;
  const elsewhere = vendors[(vendors.indexOf(vendor) + 1) % vendors.length]!;
  const secondSide = next.isElsewhere ? { ...side, vendor: elsewhere } : side;
  const goingOn = client.goOn(request, first.body as Json, next);
  return [first, await ask(stage, matrixCase, secondSide, goingOn, next.answer)];
}

let requests = 0;

async function ask(
  { headgate, upstream }: Stage,
  { model = "plain", headers, streamFields, cutBytes }: MatrixCase,
  { client, vendor, isStreamed }: Side,
  request: Json,
  answer: VendorAnswer,
): Promise<Exchange> {
  const requestId = `00000000-0000-4000-8000-${String(++requests).padStart(12, "0")}`;
  upstream.serve({ vendor, answer, cutBytes });
  const forStream = isStreamed ? (streamFields?.[client.name] ?? client.streamFields) : {};
  const body = { model: `${vendor.name}/${vendor.models[model]}`, ...request, ...forStream };
  const all = { ...client.headers, ...headers?.[client.name], "x-request-id": requestId };
  const got = await headgate.post(client.path, all, body);
  for (const seen of upstream.seen) checkHeaders(vendor, seen);
  const isStream = String(got.headers["content-type"]).startsWith("text/event-stream");
  const events = isStream ? readEvents(got.body.toString()) : undefined;
  const exchange = {
    client,
    vendor,
    requestId,
    seen: upstream.seen,
    status: got.status,
    headers: got.headers,
    warnings: got.warnings,
    isUntouched: upstream.sent?.equals(got.body) === true,
  };
  return events
    ? { ...exchange, events, body: client.accumulate(events) }
    : { ...exchange, body: parseJson(got.body.toString()) };
}

function checkHeaders({ name, headers: wanted }: MatrixVendor, { headers }: SeenRequest): void {
  for (const [header, pattern] of Object.entries(wanted)) {
    if (!pattern.test(headers[header] ?? ""))
      throw new Error(`A request to ${name} has another ${header} than it should.`);
  }
}

function readEvents(text: string): SeenEvent[] {
  const blocks = text.split("\n\n");
  if (blocks.pop() !== "") throw new Error("The stream does not end with a blank line.");
  return blocks.map(readEvent);
}

function readEvent(block: string): SeenEvent {
  const lines = block.split("\n");
  const name = lines.length === 2 ? lines[0] : undefined;
  const text = lines.at(-1) ?? "";
  if (lines.length > 2 || !text.startsWith(dataHead) || name?.startsWith(nameHead) === false) {
    throw new Error(`An event has other lines than its name and its data: ${block}`);
  }
  const data = text.slice(dataHead.length);
  const read = data.startsWith("{") ? parseJson(data) : data;
  return name === undefined ? { data: read } : { event: name.slice(nameHead.length), data: read };
}

const nameHead = "event: ";
const dataHead = "data: ";
