import type { Call, Route } from "../../call.ts";
import type { Outcome } from "../../reply.ts";
import type { LoadedEndpoint, Snapshot } from "../../endpoint/snapshot.ts";
import { HeadgateError } from "../../errors.ts";
import { toCorrection } from "./correct-answer.ts";
import { judgeAnswer, maxAnswerChars, type Answer, type Findings, type Verdict } from "./judge-answer.ts";

/** Finds what a tier or model name stands for. */
export type ResolveRoute = (snapshot: Snapshot, name: string, rule: string) => Route;

/** What comes after an answer was judged. */
type LadderStep =
  | { readonly type: "done"; readonly outcome: Outcome }
  | { readonly type: "again"; readonly call: Call; readonly reason: "reask" | "escalate" };

export interface Ladder {
  /**
   * Judges the next answer, notes the rungs, and says what to do.
   * @throws HeadgateError `output_invalid` when no rung is left; its issues name fields and hold no model text.
   */
  judge(answer: Answer): Promise<LadderStep>;
}

/** The validation ladder of one call: local rungs for each answer, then re-asks, then a stronger model. */
export function climbLadder(call: Call, endpoint: LoadedEndpoint, resolveRoute: ResolveRoute): Ladder {
  let asked: "first" | "reask" | "escalate" = "first";
  let reasksLeft = endpoint.validate.reasks;
  return {
    judge: async (answer) => {
      const verdict = await judgeAnswer(answer, endpoint.output);
      noteRungs(call, verdict, asked);
      if (verdict.ok) return { type: "done", outcome: toOutcome(call, verdict.output) };
      if (answer.finishReason === "content_filter" || answer.text.length > maxAnswerChars)
        throw toError(answer, verdict);
      const messages = toCorrection(call, answer.text, verdict.hints);
      const { escalateTo } = endpoint.validate;
      if (asked !== "escalate" && reasksLeft > 0) {
        reasksLeft--;
        asked = "reask";
        return { type: "again", reason: asked, call: { ...call, messages } };
      }
      if (asked === "escalate" || escalateTo === undefined) throw toError(answer, verdict);
      asked = "escalate";
      const route = resolveRoute(call.snapshot, escalateTo, "validate.escalateTo");
      return { type: "again", reason: asked, call: { ...call, messages, requestedModel: escalateTo, route } };
    },
  };
}

function noteRungs(call: Call, verdict: Verdict, asked: "first" | "reask" | "escalate"): void {
  const attempt = call.notes.attempts.length;
  for (const rung of verdict.rungs) call.notes.rungs.push({ ...rung, attempt });
  if (asked === "first") return;
  call.notes.rungs.push({ rung: asked, ok: verdict.ok, attempt, ...(verdict.ok ? {} : { issues: verdict.issues }) });
}

function toOutcome(call: Call, output: Readonly<Record<string, unknown>>): Outcome {
  return { status: "ok", output, warnings: [...call.notes.warnings] };
}

function toError(answer: Answer, { issues }: Findings): HeadgateError {
  const detail =
    answer.finishReason === "content_filter"
      ? "The provider's content filter stopped the answer."
      : `The last answer has ${issues.length === 1 ? "a problem" : `${issues.length} problems`}; see issues.`;
  return new HeadgateError("output_invalid", { detail, issues });
}
