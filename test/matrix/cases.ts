import { conversationCases } from "./cases/conversations.ts";
import { endingCases } from "./cases/endings.ts";
import { foreignCases } from "./cases/foreign.ts";
import { leftoverCases } from "./cases/leftovers.ts";
import { mediaCases } from "./cases/media.ts";
import { outputCases } from "./cases/output.ts";
import { reasoningCases } from "./cases/reasoning.ts";
import { toolCases } from "./cases/tools.ts";
import { unicodeCases } from "./cases/unicode.ts";
import { usageCases } from "./cases/usage.ts";
import type { MatrixCase } from "./matrix-case.ts";

export const matrixCases: readonly MatrixCase[] = [
  ...conversationCases,
  ...toolCases,
  ...mediaCases,
  ...outputCases,
  ...endingCases,
  ...reasoningCases,
  ...usageCases,
  ...unicodeCases,
  ...foreignCases,
  ...leftoverCases,
];
