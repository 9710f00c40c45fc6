import type { Clock } from "../clock.ts";
import type { Journal } from "../store/journal.ts";
import type { Provider } from "../providers/provider.ts";
import { normalize } from "./normalize/normalize.ts";
import { assemblePrompt } from "./prompts/assemble-prompt.ts";
import { record } from "./record.ts";
import type { RecordOptions } from "./record.ts";
import { callModel } from "./resilience/call-model.ts";
import { chooseModel, resolveTarget } from "./routing/choose-model.ts";
import { shapeAnswer } from "./shape-answer.ts";
import { compose } from "./stage.ts";
import type { Next } from "./stage.ts";
import { validateOutput } from "./validation/validate-output.ts";

export interface PipelineOptions {
  readonly journal: Pick<Journal, "append">;
  readonly clock: Clock;
  readonly onRecord: RecordOptions["onRecord"];
  /** By the names of the call's snapshot. */
  readonly findProvider: (name: string) => Provider;
}

/**
 * The life of every call, outermost first. The stages of the design that are not built yet (guard-input, retrieve,
 * reuse-reply, guard-output, run-tools, enforce-budget) have no place-holders here: `endpoint/not-built.ts` makes a
 * project that declares one of them fail to load.
 */
export function createPipeline(options: PipelineOptions): Next {
  const { journal, clock, onRecord, findProvider } = options;
  return compose(
    [
      record({ journal, clock, onRecord }),
      shapeAnswer(),
      normalize(),
      assemblePrompt(),
      chooseModel(),
      validateOutput({ resolveTarget }),
    ],
    callModel({ findProvider, clock }),
  );
}
