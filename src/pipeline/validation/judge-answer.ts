import type { Rung } from "../../call.ts";
import type { FinishReason } from "../../reply.ts";
import type { CompiledSchema } from "../../endpoint/compile-schema.ts";
import { HeadgateError, type Issue } from "../../errors.ts";
import { isRecord, parseJson } from "../../json.ts";
import { extractJson } from "./extract-json.ts";
import { repairJson } from "./repair-json.ts";
import { toWellFormedJson } from "./well-formed-json.ts";

interface LocalRung {
  readonly rung: Rung;
  readonly ok: boolean;
  readonly issues?: readonly Issue[];
}

/** What the local rungs of the ladder made of one answer. */
export type Verdict =
  | { readonly ok: true; readonly output: Readonly<Record<string, unknown>>; readonly rungs: readonly LocalRung[] }
  | ({ readonly ok: false; readonly rungs: readonly LocalRung[] } & Findings);

export interface Findings {
  readonly issues: readonly Issue[];
  /** For the model only: may quote its answer. */
  readonly hints: readonly string[];
}

export interface Answer {
  readonly text: string;
  readonly finishReason: FinishReason;
}

/** Longer answers are refused unread. */
export const maxAnswerChars = 1024 * 1024;

/**
 * Climbs the rungs that need no model: the text as it is, the JSON in it, that JSON repaired; each checked by the schema.
 * JSON that can be read but breaks the schema ends the climb, for repairing it would be guessing.
 */
export async function judgeAnswer(answer: Answer, schema: CompiledSchema): Promise<Verdict> {
  const { text } = answer;
  if (text.length > maxAnswerChars) return refuse([], notJson("is too long"));
  const native = readJson(text);
  if (native.ok) {
    const checked = await checkOutput(native.value, schema);
    return conclude([], "native", checked);
  }
  const rungs: LocalRung[] = [{ rung: "native", ok: false, issues: notJson(native.problem).issues }];
  // What a repair would make of an answer that was cut off is valid and wrong.
  if (answer.finishReason === "length") return refuse(rungs, notJson("was cut off at the output limit"));
  const found = extractJson(text);
  const extracted = await checkCandidates(found.whole, schema);
  if (extracted) return conclude(rungs, "extract", extracted);
  rungs.push({ rung: "extract", ok: false, issues: notJson("holds no complete JSON object").issues });
  for (const broken of found.broken) {
    const repaired = repairJson(broken);
    const read = repaired === undefined ? undefined : readJson(repaired);
    if (read?.ok && isRecord(read.value)) return conclude(rungs, "repair", await checkOutput(read.value, schema));
  }
  const findings = notJson(native.problem);
  return refuse([...rungs, { rung: "repair", ok: false, issues: findings.issues }], findings);
}

type Checked =
  | { readonly ok: true; readonly output: Readonly<Record<string, unknown>> }
  | ({ readonly ok: false } & Findings);

function conclude(before: readonly LocalRung[], rung: Rung, checked: Checked): Verdict {
  if (checked.ok) return { ok: true, output: checked.output, rungs: [...before, { rung, ok: true }] };
  return refuse([...before, { rung, ok: false, issues: checked.issues }], checked);
}

function refuse(rungs: readonly LocalRung[], { issues, hints }: Findings): Verdict {
  return { ok: false, rungs, issues, hints };
}

function notJson(message: string): Findings {
  return { issues: [{ path: "", message }], hints: [`The answer ${message}.`] };
}

// The last object that fits, because drafts come first; of objects that do not fit, the longest is what was meant.
async function checkCandidates(texts: readonly string[], schema: CompiledSchema): Promise<Checked | undefined> {
  let longest: { readonly length: number; readonly checked: Checked } | undefined;
  for (const text of texts.toReversed()) {
    const read = readJson(text);
    if (!read.ok) continue;
    const checked = await checkOutput(read.value, schema);
    if (checked.ok && Object.keys(checked.output).length > 0) return checked;
    if (!longest || text.length > longest.length) longest = { length: text.length, checked };
  }
  return longest?.checked;
}

type Read = { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly problem: string };

function readJson(text: string): Read {
  try {
    const value = parseJson(text.isWellFormed() ? text : text.toWellFormed());
    return { ok: true, value: mayEscapeSurrogate.test(text) ? toWellFormedJson(value) : value };
  } catch (error) {
    if (!HeadgateError.is(error, "json_invalid")) throw error;
    return { ok: false, problem: error.detail?.includes("nested") ? "is nested too deep" : "is not valid JSON" };
  }
}

const mayEscapeSurrogate = /\\u[dD][89a-fA-F]/;

const reservedFields = ["requestId", "status", "warnings", "citations"];

async function checkOutput(value: unknown, schema: CompiledSchema): Promise<Checked> {
  if (!isRecord(value)) return { ok: false, ...mustBeObject };
  const result = await schema.check(value);
  if (!result.ok) return { ok: false, issues: result.issues, hints: result.hints ?? result.issues.map(toHint) };
  if (!isRecord(result.value)) return { ok: false, ...mustBeObject };
  return { ok: true, output: withoutReserved(result.value) };
}

const mustBeObject: Findings = {
  issues: [{ path: "", message: "must be an object" }],
  hints: ["The answer must be one JSON object."],
};

function toHint(issue: Issue): string {
  return `${issue.path || "/"} ${issue.message}`;
}

// These belong to the contract's envelope; a lax schema may let a model write them.
function withoutReserved(output: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  if (!reservedFields.some((name) => Object.hasOwn(output, name))) return output;
  return Object.fromEntries(Object.entries(output).filter(([name]) => !reservedFields.includes(name)));
}
