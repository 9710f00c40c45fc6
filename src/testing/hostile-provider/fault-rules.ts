import type { Clock } from "../../clock.ts";
import type { ScriptedFault } from "./fault.ts";
import { findFault } from "./faults.ts";
import { createRandom } from "./known-text.ts";
import { parseFault, type FaultParams, type ModelScript } from "./model-script.ts";

export interface FaultWindow {
  /** The share of requests that are hit, 0 to 1. @default 1 */
  readonly rate?: number;
  /** Milliseconds from now until it begins. @default 0 */
  readonly afterMs?: number;
  /** Milliseconds that it lasts. @default for ever */
  readonly forMs?: number;
}

/** A fault that is to be done to one request. */
export interface ChosenFault {
  readonly fault: ScriptedFault;
  readonly params: FaultParams;
  /** Whose memory the fault uses. */
  readonly memoryKey: string;
}

/** Which fault is done to which request: by what was set, else by the model's own name. */
export interface FaultRules {
  /** @param model a model's name, with or without what is before its last `/`, or `*` for all. @throws RangeError for a fault that is not known */
  set(model: string, fault: string | undefined, window?: FaultWindow): void;
  pick(model: string, script: ModelScript): ChosenFault | undefined;
  /** What is to be done to a new connection. */
  pickForConnection(): ChosenFault | undefined;
  reset(): void;
}

interface Rule {
  readonly name: string;
  readonly params: FaultParams;
  readonly rate: number;
  readonly fromMs: number;
  readonly untilMs: number;
}

const mostCounts = 10_000;

export function createFaultRules(clock: Clock, seed: string): FaultRules {
  const rules = new Map<string, Rule>();
  const counts = new Map<string, number>();
  let random = createRandom(seed);

  function findRule(...models: readonly string[]): Rule | undefined {
    const nowMs = clock.now();
    for (const model of models) {
      const rule = rules.get(model);
      if (rule && nowMs >= rule.fromMs && nowMs < rule.untilMs && (rule.rate >= 1 || random() < rule.rate)) return rule;
    }
    return undefined;
  }

  function countUp(key: string): number {
    const count = (counts.get(key) ?? 0) + 1;
    counts.set(key, count);
    if (counts.size > mostCounts) counts.delete(counts.keys().next().value!);
    return count;
  }

  /** Of `times` and `skip`: whether this request is one that is hit, else what is done in its place. */
  function choose(name: string, params: FaultParams, owner: string): ChosenFault | undefined {
    const key = `${name}|${params.text("key", owner)}`;
    const isCounted = params.has("times") || params.has("skip");
    const count = isCounted ? countUp(key) - params.number("skip", 0) : 1;
    if (count < 1) return undefined;
    const isOver = count > params.number("times", Number.POSITIVE_INFINITY);
    const next = isOver ? params.text("then", "ok") : name;
    return next === "ok" ? undefined : { fault: getFault(next), params, memoryKey: key };
  }

  return {
    set: (model, fault, { rate = 1, afterMs = 0, forMs = Number.POSITIVE_INFINITY } = {}) => {
      if (fault === undefined) {
        rules.delete(model);
        return;
      }
      const { name, params } = parseFault(fault);
      if (name !== "ok") getFault(name);
      const fromMs = clock.now() + afterMs;
      rules.set(model, { name, params, rate, fromMs, untilMs: fromMs + forMs });
    },
    pick: (model, script) => {
      const rule = findRule(model, model.slice(model.lastIndexOf("/") + 1), script.base, "*");
      if (rule) return rule.name === "ok" ? undefined : choose(rule.name, rule.params, `rule|${model}`);
      return script.fault === undefined ? undefined : choose(script.fault, script.params, model);
    },
    pickForConnection: () => {
      const rule = rules.get("*");
      if (!rule || !findFault(rule.name)?.atAccept || findRule("*") !== rule) return undefined;
      return choose(rule.name, rule.params, "connection");
    },
    reset: () => {
      rules.clear();
      counts.clear();
      random = createRandom(seed);
    },
  };
}

function getFault(name: string): ScriptedFault {
  const fault = findFault(name);
  if (!fault) throw new RangeError(`There is no fault "${name}".`);
  return fault;
}
