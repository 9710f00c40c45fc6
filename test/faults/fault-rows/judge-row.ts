import type { CallRecord } from "../../../src/store/store.ts";
import { cutIntoWords } from "../../../src/testing/hostile-provider/known-text.ts";
import type { Seen } from "./ask-row.ts";
import type { FaultRow } from "./fault-row.ts";

/** What the healthy models say, to be held against what clients have seen. */
export interface KnownAnswers {
  readonly first: string;
  readonly second: string;
  /** The endpoint's outcomes, by the model that gives them. */
  readonly firstOutcome: string;
  readonly secondOutcome: string;
}

/** What the provider and the store know of one request. */
export interface RowFacts {
  /** What the primary model has said, to each request that reached it. */
  readonly said: readonly string[];
  readonly record: CallRecord | undefined;
}

export interface Judged {
  readonly row: FaultRow;
  readonly seen: Seen;
  /** Requests that reached the primary model. */
  readonly asked: number;
  readonly record: CallRecord | undefined;
  /** What is wrong with it; empty: nothing. */
  readonly faults: readonly string[];
}

/** Holds what one client has seen against what it may see. */
export function judgeRow(row: FaultRow, seen: Seen, known: KnownAnswers, facts: RowFacts): Judged {
  const wrong: string[] = [];
  const { said, record } = facts;
  const asked = said.length;
  const isCoherent = isCoherentText(row, seen, known, said);
  if (seen.ending === "hung" || seen.ending === "broken" || seen.ending === "truncated") {
    wrong.push(`${seen.ending}${seen.code === "" ? "" : ` (${seen.code})`}`);
  } else if (!isCoherent)
    wrong.push(seen.ending === "complete" ? "a wrong answer passed as complete" : "a garbled beginning");
  if (mustComplete(row) && !isNoContract(row, seen) && seen.ending === "error") wrong.push(`not rescued: ${seen.code}`);
  if (row.fault.isClientFault === true && seen.ending === "complete") wrong.push("routed around a refusal");
  wrong.push(...judgeRecord(row, seen, asked, record));
  return { row, seen, asked, record, faults: wrong };
}

function mustComplete({ fault, backup }: FaultRow): boolean {
  return fault.isHarmless === true || (fault.recoverable && backup !== "none");
}

function judgeRecord(row: FaultRow, seen: Seen, asked: number, record: CallRecord | undefined): string[] {
  if (!record) return ["no record"];
  const wrong: string[] = [];
  const isOk = record.status === "ok";
  if (isOk !== (seen.ending === "complete")) wrong.push(`recorded as ${record.status}`);
  const details = record.attemptDetails ?? [];
  const wasRescued = details.some(
    ({ reason, errorCode }) => (reason === "restart" || reason === "continue") && errorCode === undefined,
  );
  const mayTell = row.isStream && seen.ending === "complete";
  if (mayTell && wasRescued !== seen.isRescued)
    wrong.push(wasRescued ? "rescued, and not told" : "told of a rescue that was none");
  if (record.attempts > 3) wrong.push(`${record.attempts} attempts`);
  const model = details.length === 0 ? record.attempts : details.filter((note) => note.model === row.model).length;
  // A connection that is never read gives its provider nothing to count.
  if (model !== asked && row.fault.group !== "A") wrong.push(`${model} attempts recorded, ${asked} made`);
  return wrong;
}

/** The answer is odd, and complete as it is: its client gets what the provider said. */
function speaksForItself({ isHarmless = false, recoverable }: FaultRow["fault"]): boolean {
  return isHarmless || !recoverable;
}

// An answer that came in good order may still be no contract; then the contract's ladder has the word.
function isNoContract({ surface, fault }: FaultRow, { code }: Seen): boolean {
  return surface === "endpoint" && speaksForItself(fault) && code === "output_invalid";
}

function isCoherentText(row: FaultRow, seen: Seen, known: KnownAnswers, said: readonly string[]): boolean {
  const isComplete = seen.ending === "complete";
  if (row.surface === "endpoint") {
    // Whatever it is, it is valid by the schema: harmless faults may say what they like.
    const outcomes = [known.firstOutcome, known.secondOutcome];
    return !isComplete || speaksForItself(row.fault) || outcomes.includes(seen.text);
  }
  if (row.fault.name === "burst") return true;
  const first = cutIntoWords(known.first);
  const second = cutIntoWords(known.second);
  const candidates = [known.first, known.second, ...(speaksForItself(row.fault) ? said : [])];
  for (let seam = 1; seam < first.length; seam++) {
    candidates.push([...first.slice(0, seam), ...second.slice(seam)].join(""));
  }
  const text = seen.text.toWellFormed();
  return candidates
    .map((candidate) => candidate.toWellFormed())
    .some((candidate) => (isComplete ? candidate === text : candidate.startsWith(text)));
}
