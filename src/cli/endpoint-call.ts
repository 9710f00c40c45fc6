import { HeadgateClientError, createClient } from "../contract/client.ts";
import type { ClientEvent } from "../contract/client.ts";
import type { AnswerEvent } from "../headgate.ts";
import { HeadgateError } from "../errors.ts";
import { isRecord } from "../json.ts";
import { withAdminClient } from "./admin-client.ts";
import type { ServerNote } from "./data-folder.ts";
import { toServerFailure } from "./server-failure.ts";

export interface EndpointCall {
  readonly endpoint: string;
  /** Absent: the newest. */
  readonly contract: number | undefined;
  readonly input: unknown;
  readonly stream: boolean;
}

/** Calls over HTTP; a plain call is one `done` event. */
export async function* callServer(
  server: ServerNote,
  /** Absent: the operator's own token. */
  key: string | undefined,
  call: EndpointCall,
): AsyncGenerator<AnswerEvent> {
  const client = createClient({ baseUrl: server.url, apiKey: key ?? server.adminToken });
  const contract = call.contract ?? (await findNewestContract(server, call.endpoint));
  try {
    if (call.stream) {
      for await (const event of client.stream(call.endpoint, contract, call.input)) yield withoutPartial(event);
    } else yield { type: "done", answer: await client.call(call.endpoint, contract, call.input) };
  } catch (error) {
    if (!(error instanceof HeadgateClientError)) throw error;
    if (error.problem) throw toServerFailure(error.status, error.problem);
    throw new HeadgateError("provider_unavailable", { detail: error.message, cause: error });
  }
}

// The answer so far, in every event, would make the output grow with the square of the answer.
function withoutPartial(event: ClientEvent): AnswerEvent {
  if (event.type === "done") return event;
  const { partial: _partial, ...rest } = event;
  return rest as AnswerEvent;
}

/** Calls in this process, with the project's own store. */
export async function* callHere(folder: string, call: EndpointCall): AsyncGenerator<AnswerEvent> {
  // Calling a running server needs none of it.
  const { createHeadgate } = await import("../headgate.ts");
  const headgate = createHeadgate({ project: folder });
  try {
    const options = { contract: call.contract };
    if (call.stream) yield* headgate.stream(call.endpoint, call.input, options);
    else yield { type: "done", answer: await headgate.call(call.endpoint, call.input, options) };
  } finally {
    await headgate.close();
  }
}

async function findNewestContract(server: ServerNote, name: string): Promise<number> {
  const status = await withAdminClient(server, (client) => client({ method: "GET", path: "/admin/v1/status" }));
  const endpoints = isRecord(status) ? (status["endpoints"] as { name: string; contract: number }[]) : [];
  const contracts = endpoints.filter((endpoint) => endpoint.name === name).map(({ contract }) => contract);
  if (contracts.length > 0) return Math.max(...contracts);
  const known = [...new Set(endpoints.map((endpoint) => endpoint.name))].join(", ");
  throw new HeadgateError("endpoint_not_found", {
    detail: `The running server has no endpoint "${name}". It has: ${known}.`,
  });
}
