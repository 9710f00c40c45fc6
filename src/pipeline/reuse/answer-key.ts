import type { Call, ForeignRequest } from "../../call.ts";
import type { ModelEntry } from "../../endpoint/snapshot.ts";
import { sha256 } from "../../ids.ts";
import { toCanonicalJson } from "../../canonical-json.ts";

/** What an answer is known by, whichever way it is used again. */
export interface AnswerKey {
  /** Whose answer it is: in the hash too, so that no two tenants ever share one. */
  readonly tenant: string;
  /** Lower-case hex SHA-256. */
  readonly hash: string;
}

/** What of a call decides its answer: not its id, its time, or whether it is streamed. */
export type AskedCall = Pick<Call, "endpoint" | "foreign" | "messages" | "settings" | "tools" | "route" | "notes">;

/** Raised when what a key is made of changes: answers that were kept by older ones are not found any more. */
const keyVersion = 1;

/** The one key of cache, single-flight and replay. `call` is as it stands once its model is chosen. */
export function toAnswerKey(tenant: string, call: AskedCall): AnswerKey {
  const asked = call.endpoint ? toEndpointText(call, call.endpoint) : toForeignText(call);
  return { tenant, hash: sha256(`[${keyVersion},${JSON.stringify(tenant)},${toModelText(call)},${asked}]`) };
}

function toEndpointText(
  { messages, tools, settings: { user: _user, ...settings }, notes }: AskedCall,
  { name, contract, output }: NonNullable<Call["endpoint"]>,
): string {
  const contractText = JSON.stringify(["endpoint", name, contract, notes.prompt?.version, notes.prompt?.sha256]);
  const schema = toDigest(output.jsonSchema);
  return `${contractText},"${schema}",${toCanonicalJson([tools ?? null, settings, messages])}`;
}

function toForeignText({ foreign, messages, settings, tools }: AskedCall): string {
  if (!foreign) return toCanonicalJson(["words", tools ?? null, settings, messages]);
  return toCanonicalJson([foreign.dialect, foreign.headers ?? null, withoutVolatile(foreign.body)]);
}

/** They say how an answer is sent, for whom, or where it is kept; which model is meant the route says. */
const volatileFields: ReadonlySet<string> = new Set([
  "model",
  "stream",
  "stream_options",
  "store",
  "metadata",
  "user",
  "safety_identifier",
  "prompt_cache_key",
  "prompt_cache_retention",
  "prompt_cache_options",
]);

function withoutVolatile(body: ForeignRequest["body"]): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(body).filter(([name]) => !volatileFields.has(name)));
}

const modelTexts = new WeakMap<ModelEntry, string>();

/** The route's first choice: answers of others are not kept by this key. */
function toModelText({ route }: AskedCall): string {
  const model = route?.candidates[0];
  if (!model) throw new Error("No stage has chosen a route.");
  let text = modelTexts.get(model);
  if (text === undefined) {
    const places = model.deployments.map(({ provider, model: name }) => [provider, name]);
    modelTexts.set(model, (text = JSON.stringify([model.name, places])));
  }
  return text;
}

const digests = new WeakMap<object, string>();

/** Of what stays the same for as long as a snapshot. */
function toDigest(value: object): string {
  let digest = digests.get(value);
  if (digest === undefined) digests.set(value, (digest = sha256(toCanonicalJson(value))));
  return digest;
}
