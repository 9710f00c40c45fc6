import { afterAll, beforeAll } from "vitest";
import { describeOpenAiErrors } from "./describe-openai-errors.ts";
import { openStage, type Stage } from "./stage.ts";

// A server of its own: models that fail again and again rest for a while.
let stage: Stage;

beforeAll(async () => {
  stage = await openStage();
});

afterAll(() => stage.close());

describeOpenAiErrors(() => stage);
