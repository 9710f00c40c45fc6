import type { AttemptNote, Call } from "../../call.ts";
import { estimatePrompt, hasMedia } from "../../prompt-tokens.ts";

/** How near the estimates of a model's input tokens come to what its provider counts. */
export interface EstimateReport {
  readonly provider: string;
  readonly model: string;
  /** Model calls that were learned from. */
  readonly calls: number;
  /** The provider's count for one estimated token. */
  readonly ratio: number;
  /** Mean absolute error in percent, over all calls: of the plain estimate, and of the one by the ratio as it was then. */
  readonly errorPercent: { readonly plain: number; readonly calibrated: number };
}

/** Estimates of input tokens that learn from what providers count. */
export interface TokenCalibration {
  /** Input tokens of the call, as the first model of its route would count them. Takes microseconds. */
  readonly estimatePromptTokens: (call: Call) => number;
  /** Told of every model call that was made. @param call as it was sent */
  readonly learn: (attempt: AttemptNote, call: Call) => void;
  /** Of models that were called in this process. */
  readonly list: () => readonly EstimateReport[];
}

interface Learned {
  readonly provider: string;
  readonly model: string;
  calls: number;
  /** Since one was learned from. */
  passed: number;
  ratio: number;
  plainErrors: number;
  calibratedErrors: number;
}

/** Clients make names of models up. */
const mostModels = 1000;

/** The newest call weighs this much at least, so that the ratio follows what prompts have become. */
const leastWeight = 0.02;

/** A model that is known this well is learned from in one call of ten: every request would pay for it otherwise. */
const knownCalls = 200;
const passedCalls = 9;

/** A count that is further off says that the provider has read something that was not sent, such as an earlier turn. */
const mostRatio = 4;

export function createTokenCalibration(): TokenCalibration {
  const models = new Map<string, Learned>();

  function learnFrom(provider: string, model: string): Learned {
    const key = `${provider}/${model}`;
    const learned = models.get(key) ?? createLearned(provider, model);
    // Whichever was not called for longest makes room.
    models.delete(key);
    models.set(key, learned);
    if (models.size > mostModels) models.delete(models.keys().next().value!);
    return learned;
  }

  return {
    estimatePromptTokens: (call) => {
      const place = call.route?.candidates[0]?.deployments[0];
      const ratio = place ? (models.get(`${place.provider}/${place.model}`)?.ratio ?? 1) : 1;
      return Math.ceil(estimatePrompt(call) * ratio);
    },
    learn: ({ provider, model, usage }, call) => {
      if (!usage || usage.isEstimated || usage.inputTokens === 0 || hasMedia(call)) return;
      const known = models.get(`${provider}/${model}`);
      if (known && known.calls >= knownCalls && known.passed++ < passedCalls) return;
      const estimate = estimatePrompt(call);
      const actual = usage.inputTokens;
      const ratio = actual / estimate;
      if (ratio > mostRatio || ratio < 1 / mostRatio) return;
      const learned = learnFrom(provider, model);
      learned.plainErrors += Math.abs(estimate - actual) / actual;
      learned.calibratedErrors += Math.abs(estimate * learned.ratio - actual) / actual;
      learned.calls++;
      learned.passed = 0;
      learned.ratio += (ratio - learned.ratio) * Math.max(1 / learned.calls, leastWeight);
    },
    list: () => [...models.values()].map(toReport),
  };
}

function createLearned(provider: string, model: string): Learned {
  return { provider, model, calls: 0, passed: 0, ratio: 1, plainErrors: 0, calibratedErrors: 0 };
}

function toReport({ provider, model, calls, ratio, plainErrors, calibratedErrors }: Learned): EstimateReport {
  const toPercent = (errors: number): number => Math.round((errors / calls) * 1000) / 10;
  return {
    provider,
    model,
    calls,
    ratio: Math.round(ratio * 1000) / 1000,
    errorPercent: { plain: toPercent(plainErrors), calibrated: toPercent(calibratedErrors) },
  };
}
