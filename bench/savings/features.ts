import { analyze } from "./features/analyze.ts";
import { code } from "./features/code.ts";
import { extract } from "./features/extract.ts";
import { summarize } from "./features/summarize.ts";
import { support } from "./features/support.ts";
import { translate } from "./features/translate.ts";
import { triage } from "./features/triage.ts";
import type { Feature, FeatureName } from "./item.ts";

/** All features of the app. */
export const features: Readonly<Record<FeatureName, Feature>> = {
  triage,
  support,
  extract,
  summarize,
  translate,
  code,
  analyze,
};
