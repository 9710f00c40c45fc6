import type { Clock } from "../clock.ts";
import type { Journal } from "../store/journal.ts";
import { normalize } from "./normalize/normalize.ts";
import { assemblePrompt } from "./prompts/assemble-prompt.ts";
import { record } from "./record.ts";
import type { RecordOptions } from "./record.ts";
import { callModel } from "./resilience/call-model.ts";
import type { CallModelOptions } from "./resilience/call-model.ts";
import { reuseReply } from "./reuse/reuse-reply.ts";
import type { ReuseReplyOptions } from "./reuse/reuse-reply.ts";
import { chooseModel } from "./routing/choose-model.ts";
import { resolveRoute } from "./routing/resolve-route.ts";
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
  readonly answers: ReuseReplyOptions["answers"];
}

/** The life of every call: read this list first. */
export function createPipeline(options: PipelineOptions): Next {
  const { journal, clock, onRecord, priceOf, findProvider, board, findContextWindow, answers } = options;
  return compose(
    [
      record({ journal, clock, onRecord, priceOf }),
      shapeAnswer(),
      normalize(),
      standIn("guard-input"),
      standIn("retrieve"),
      assemblePrompt(),
      chooseModel(),
      reuseReply({ answers, clock, priceOf }),
      standIn("guard-output"),
      validateOutput({ resolveRoute }),
      standIn("run-tools"),
      standIn("enforce-budget"),
    ],
    callModel({ findProvider, clock, board, priceOf, findContextWindow }),
  );
}

type StageToCome = "guard-input" | "retrieve" | "guard-output" | "run-tools" | "enforce-budget";

/** Keeps the place of a stage that is not built: `endpoint/not-built.ts` refuses every project that declares its work. */
function standIn(_stage: StageToCome): Stage {
  return (call, next) => next(call);
}
