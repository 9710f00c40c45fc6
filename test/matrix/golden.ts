import { existsSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { isRecord, parseJson } from "../../src/json.ts";
import { pickChanged } from "./clients/client.ts";
import { formatJson } from "./format-json.ts";
import { findDifferences, isDeepEqual } from "./json-difference.ts";
import type { Json, MatrixCase } from "./matrix-case.ts";
import type { Exchange, Pair } from "./play-case.ts";

const folder = join(import.meta.dirname, "golden");

export function listGoldens(): readonly string[] {
  return readdirSync(folder)
    .filter((file) => file.endsWith(".json"))
    .map((file) => file.slice(0, -".json".length));
}

/** Undefined if there is none. */
export function readGolden(name: string): unknown {
  const file = join(folder, `${name}.json`);
  return existsSync(file) ? parseJson(readFileSync(file, "utf8")) : undefined;
}

export function writeGolden(name: string, golden: unknown): void {
  writeFileSync(join(folder, `${name}.json`), formatJson(golden));
}

/** What is kept of a case: for each vendor what it was asked, for each client what it got. What is the same stands once. */
export function toGolden({ name, about }: MatrixCase, turns: readonly (readonly Pair[])[]): unknown {
  const told = steadyPairs(turns).map((pairs) => tellTurn(pairs));
  const [only, ...more] = told;
  const golden = more.length === 0 ? { case: name, about, ...only } : { case: name, about, turns: told };
  return parseJson(JSON.stringify(golden));
}

/** The exchanges without what differs from run to run: ids that hold the id of a request. What is sealed is shown. */
function steadyPairs(turns: readonly (readonly Pair[])[]): readonly (readonly Pair[])[] {
  const names: Record<string, string> = {};
  for (const [turn, pairs] of turns.entries()) {
    const name = turns.length === 1 ? "(request)" : `(request ${turn + 1})`;
    const exchanges = pairs.flatMap(({ whole, streamed }) => [whole, streamed]);
    for (const id of exchanges.flatMap(listIds)) names[id] = name;
  }
  const toSteady = (exchange: Exchange): Exchange => {
    const { seen, events, body, warnings } = exchange;
    return { ...exchange, ...(steady({ seen, events, body, warnings }, names) as Partial<Exchange>) };
  };
  return turns.map((pairs) =>
    pairs.map(({ whole, streamed }) => ({ whole: toSteady(whole), streamed: toSteady(streamed) })),
  );
}

const responseId = /^resp_([\da-f]{32})$/;

/** Ids that other ids are made of: the request's and, of a response that may be kept, its own. */
function listIds({ requestId, body }: Exchange): string[] {
  const [, own] = (isRecord(body) && responseId.exec(String(body["id"]))) || [];
  return own === undefined ? [requestId] : [requestId, own];
}

function tellTurn(pairs: readonly Pair[]): Json {
  const warnings = Object.assign({}, ...pairs.map(tellWarnings)) as Json;
  return {
    upstream: gather(
      pairs,
      ({ vendor }) => vendor.name,
      ({ client }) => client.name,
      tellUpstream,
    ),
    answers: gather(
      pairs,
      ({ client }) => client.name,
      ({ vendor }) => vendor.name,
      tellAnswer,
    ),
    streams: gather(
      pairs,
      ({ client }) => client.name,
      ({ vendor }) => vendor.name,
      tellStream,
    ),
    ...(Object.keys(warnings).length === 0 ? {} : { warnings }),
  };
}

interface Section {
  /** Whose it is: names that the same is told of, joined. */
  readonly of: string;
  readonly told: unknown;
}

/** Sections by outer name; in each what is told of the inner names. */
function gather(
  pairs: readonly Pair[],
  outer: (exchange: Exchange) => string,
  inner: (exchange: Exchange) => string,
  tell: (pair: Pair) => unknown,
): Json {
  const groups = [...Map.groupBy(pairs, ({ whole }) => outer(whole))];
  const sections = groups.map(([name, group]): [string, Json] => {
    const told = group.map((pair) => ({ of: inner(pair.whole), told: tell(pair) }));
    return [name, tellOnce(mergeAlike(told))];
  });
  return Object.fromEntries(sections);
}

function mergeAlike(sections: readonly Section[]): Section[] {
  const merged: Section[] = [];
  for (const section of sections) {
    const at = merged.findIndex(({ told }) => isDeepEqual(told, section.told));
    if (at === -1) merged.push(section);
    else merged[at] = { of: `${merged[at]!.of} + ${section.of}`, told: section.told };
  }
  return merged;
}

const mostDifferences = 10;

/** What is nearly as an earlier section stands as its differences from that one. */
function tellOnce(sections: readonly Section[]): Json {
  const bases: Section[] = [];
  const told = sections.map((section): [string, unknown] => {
    const nearest = bases
      .map(({ of, told: base }) => ({ as: of, but: findDifferences(base, section.told) }))
      .filter(({ but }) => Object.keys(but).length <= mostDifferences)
      .sort((left, right) => sizeOf(left) - sizeOf(right))[0];
    if (nearest && sizeOf(nearest) < sizeOf(section.told) * 0.6) return [section.of, nearest];
    if (isRecord(section.told) || Array.isArray(section.told)) bases.push(section);
    return [section.of, section.told];
  });
  return Object.fromEntries(told);
}

function sizeOf(value: unknown): number {
  return JSON.stringify(value).length;
}

/** Of every request to anyone. */
const usualHeaders = new Set([
  "host",
  "connection",
  "content-length",
  "content-type",
  "user-agent",
  "accept",
  "x-amz-content-sha256",
]);

function tellUpstream({ whole, streamed }: Pair): unknown {
  const [first] = whole.seen;
  const [second] = streamed.seen;
  if (!first || !second) return first || second ? { whole: whole.seen, streamed: streamed.seen } : "is not asked";
  const isUsual = (name: string): boolean => usualHeaders.has(name) || Object.hasOwn(whole.vendor.headers, name);
  const headers = Object.entries(first.headers).filter(([name]) => !isUsual(name));
  const missing = Object.keys(first.body).filter((name) => !(name in second.body));
  return {
    path: first.path,
    ...(headers.length === 0 ? {} : { headers: Object.fromEntries(headers) }),
    ...(whole.seen.length === 1 ? {} : { times: whole.seen.length }),
    body: first.body,
    streamed: {
      ...(second.path === first.path ? {} : { path: second.path }),
      ...(streamed.seen.length === whole.seen.length ? {} : { times: streamed.seen.length }),
      ...(missing.length === 0 ? {} : { without: missing }),
      body: pickChanged(second.body, first.body),
    },
  };
}

const untouched = "the vendor's own bytes";

function tellAnswer({ whole }: Pair): unknown {
  if (whole.isUntouched && whole.status === 200) return untouched;
  const { status, headers } = whole;
  const wait = headers["retry-after"];
  return { status, ...(wait === undefined ? {} : { "retry-after": wait }), body: withoutModel(whole, whole.body) };
}

function tellStream({ whole, streamed }: Pair): unknown {
  if (streamed.isUntouched && streamed.status === 200) return untouched;
  if (!streamed.events) {
    const isSame = whole.status === streamed.status && isDeepEqual(whole.body, streamed.body);
    return isSame ? "as the whole answer" : { status: streamed.status, body: streamed.body };
  }
  // A stream that fails midway has no whole answer beside it.
  const base = (whole.status === 200 ? whole : streamed).body as Json;
  const short = streamed.events.map((event, index) => streamed.client.shorten(event, index, base));
  const events = withoutModel(streamed, short);
  const addsUpTo = findDifferences(base, streamed.body);
  if (Object.keys(addsUpTo).length === 0) return events;
  return { events, "adds up to the whole answer but for": withoutModel(streamed, addsUpTo) };
}

function tellWarnings({ whole, streamed }: Pair): Json {
  const name = `${whole.client.name} to ${whole.vendor.name}`;
  const isSame = JSON.stringify(whole.warnings) === JSON.stringify(streamed.warnings);
  return {
    ...(whole.warnings.length === 0 ? {} : { [name]: whole.warnings }),
    ...(isSame ? {} : { [`${name}, streamed`]: streamed.warnings }),
  };
}

/** The model is the vendor's own, which would make every vendor's answer another. */
function withoutModel({ vendor }: Exchange, value: unknown): unknown {
  const models = new Set(Object.values(vendor.models));
  return mapFields(value, (name, field) => (name === "model" && models.has(String(field)) ? "(the model)" : field));
}

/** @param names what to write for each request's id, with hyphens or without */
function steady(value: unknown, names: Readonly<Record<string, string>>): unknown {
  let text = JSON.stringify(mapFields(value, (_name, field) => unseal(field)));
  for (const [id, name] of Object.entries(names)) {
    text = text.replaceAll(id, name).replaceAll(id.replaceAll("-", ""), name);
  }
  return parseJson(text);
}

const seal = /^headgate_([\w-]+)$/;

function unseal(field: unknown): unknown {
  const [, sealed] = (typeof field === "string" && seal.exec(field)) || [];
  return sealed === undefined ? field : `(sealed ${Buffer.from(sealed, "base64url").toString()})`;
}

function mapFields(value: unknown, map: (name: string, field: unknown) => unknown, name = ""): unknown {
  if (Array.isArray(value)) return value.map((item) => mapFields(item, map));
  if (!isRecord(value)) return map(name, value);
  return Object.fromEntries(Object.entries(value).map(([key, field]) => [key, mapFields(field, map, key)]));
}
