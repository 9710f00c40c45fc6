import type { Clock } from "../clock.ts";
import type { Journal } from "../store/journal.ts";
import { createMayAskMore, enforceBudget } from "./budget/enforce-budget.ts";
import type { EnforceBudgetOptions } from "./budget/enforce-budget.ts";
import type { Ledger } from "./budget/ledger.ts";
import { limitTokens } from "./budget/limit-tokens.ts";
import { normalize } from "./normalize/normalize.ts";
import { shortenInput } from "./normalize/shorten-input.ts";
import { assemblePrompt, renderPrompt } from "./prompts/assemble-prompt.ts";
import { record } from "./record.ts";
import type { RecordOptions } from "./record.ts";
import { callModel } from "./resilience/call-model.ts";
import type { CallModelOptions } from "./resilience/call-model.ts";
import { reuseReply } from "./reuse/reuse-reply.ts";
import type { ReuseReplyOptions } from "./reuse/reuse-reply.ts";
import { chooseModel } from "./routing/choose-model.ts";
import { resolveRoute } from "./routing/resolve-route.ts";
import type { TokenCalibration } from "./routing/token-calibration.ts";
import { shapeAnswer } from "./shape-answer.ts";
import { compose } from "./stage.ts";
import type { Next, Stage } from "./stage.ts";
import { validateOutput } from "./validation/validate-output.ts";

export interface PipelineOptions {
  readonly journal: Pick<Journal, "append">;
  readonly clock: Clock;
  readonly onRecord: RecordOptions["onRecord"];
  readonly priceOf: RecordOptions["priceOf"];
  readonly findProvider: CallModelOptions["findProvider"];
  readonly board: CallModelOptions["board"];
  readonly findContextWindow: CallModelOptions["findContextWindow"];
  readonly ledger: EnforceBudgetOptions["ledger"] & Pick<Ledger, "listLeft" | "settle">;
  readonly tokens: TokenCalibration;
  readonly answers: ReuseReplyOptions["answers"];
  readonly semantic?: ReuseReplyOptions["semantic"];
}

/** The life of every call: read this list first. */
export function createPipeline(options: PipelineOptions): Next {
  const {
    journal,
    clock,
    onRecord,
    priceOf,
    findProvider,
    board,
    findContextWindow,
    ledger,
    tokens,
    answers,
    semantic,
  } = options;
  const mayAskMore = createMayAskMore({ ledger, priceOf });
  return compose(
    [
      record({ journal, clock, onRecord, priceOf, settle: (call, row) => ledger.settle(call, row) }),
      shapeAnswer(),
      normalize(),
      standIn("guard-input"),
      standIn("retrieve"),
      assemblePrompt(),
      limitTokens({ renderPrompt, shortenInput }),
      chooseModel({ budgetLeft: (call) => ledger.listLeft(call) }),
      reuseReply({ answers, clock, priceOf, semantic }),
      standIn("guard-output"),
      validateOutput({ resolveRoute }),
      standIn("run-tools"),
      enforceBudget({ ledger, priceOf, resolveRoute }),
    ],
    callModel({
      findProvider,
      clock,
      board,
      priceOf,
      mayAskMore,
      findContextWindow,
      estimatePrompt: tokens.estimatePromptTokens,
      onAttempt: tokens.learn,
    }),
  );
}

type StageToCome = "guard-input" | "retrieve" | "guard-output" | "run-tools";

/** Keeps the place of a stage that is not built: `endpoint/not-built.ts` refuses every project that declares its work. */
function standIn(_stage: StageToCome): Stage {
  return (call, next) => next(call);
}
