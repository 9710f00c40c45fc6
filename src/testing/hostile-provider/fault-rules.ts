import type { Clock } from "../../clock.ts";
import { createBoundedCounts } from "./bounded-counts.ts";
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
export interface ChosenFault<Fault> {
  readonly fault: Fault;
  readonly params: FaultParams;
  /** Whose memory the fault uses. */
  readonly memoryKey: string;
}

/** Which fault is done to which request: by what was set, else by the model's own name. */
export interface FaultRules<Fault> {
  /** @param model a model's name, with or without what is before its last `/`, or `*` for all. @throws RangeError for a fault that is not known */
  set(model: string, fault: string | undefined, window?: FaultWindow): void;
  pick(model: string, script: ModelScript, connection?: object): ChosenFault<Fault> | undefined;
  /**
   * What is to be done to a new connection, of the faults that `isFit` takes. A rule that had its chance there leaves the
   * connection's requests alone.
   */
  pickForConnection(connection: object, isFit: (fault: Fault) => boolean): ChosenFault<Fault> | undefined;
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

export interface FaultRulesOptions<Fault> {
  readonly clock: Clock;
  readonly seed: string;
  readonly find: (name: string) => Fault | undefined;
}

interface Rules {
  readonly byModel: Map<string, Rule>;
  /** The first of the models' rules that is at work now. */
  find(except: Rule | undefined, ...models: readonly string[]): Rule | undefined;
  reset(): void;
}

function createRules(clock: Clock, seed: string): Rules {
  const byModel = new Map<string, Rule>();
  let random = createRandom(seed);
  return {
    byModel,
    find: (except, ...models) => {
      const nowMs = clock.now();
      for (const model of models) {
        const rule = byModel.get(model);
        if (!rule || rule === except || nowMs < rule.fromMs || nowMs >= rule.untilMs) continue;
        if (rule.rate >= 1 || random() < rule.rate) return rule;
      }
      return undefined;
    },
    reset: () => {
      byModel.clear();
      random = createRandom(seed);
    },
  };
}

export function createFaultRules<Fault>({ clock, seed, find }: FaultRulesOptions<Fault>): FaultRules<Fault> {
  const rules = createRules(clock, seed);
  const counts = createBoundedCounts(mostCounts);
  const judged = new WeakMap<object, Rule>();

  /** Of `times` and `skip`: whether this request is one that is hit, else what is done in its place. */
  function choose(name: string, params: FaultParams, owner: string): ChosenFault<Fault> | undefined {
    const key = `${name}|${params.text("key", owner)}`;
    const isCounted = params.has("times") || params.has("skip");
    const count = isCounted ? counts.count(key) - params.number("skip", 0) : 1;
    if (count < 1) return undefined;
    const isOver = count > params.number("times", Number.POSITIVE_INFINITY);
    const next = isOver ? params.text("then", "ok") : name;
    return next === "ok" ? undefined : { fault: getFault(find, next), params, memoryKey: key };
  }

  return {
    set: (model, fault, { rate = 1, afterMs = 0, forMs = Number.POSITIVE_INFINITY } = {}) => {
      if (fault === undefined) {
        rules.byModel.delete(model);
        return;
      }
      const { name, params } = parseFault(fault);
      if (name !== "ok") getFault(find, name);
      const fromMs = clock.now() + afterMs;
      rules.byModel.set(model, { name, params, rate, fromMs, untilMs: fromMs + forMs });
    },
    pick: (model, script, connection) => {
      const rule = rules.find(
        connection && judged.get(connection),
        model,
        model.slice(model.lastIndexOf("/") + 1),
        script.base,
        "*",
      );
      if (rule) return rule.name === "ok" ? undefined : choose(rule.name, rule.params, `rule|${model}`);
      return script.fault === undefined ? undefined : choose(script.fault, script.params, model);
    },
    pickForConnection: (connection, isFit) => {
      const rule = rules.byModel.get("*");
      const fault = rule && find(rule.name);
      if (!rule || !fault || !isFit(fault)) return undefined;
      judged.set(connection, rule);
      if (rules.find(undefined, "*") !== rule) return undefined;
      return choose(rule.name, rule.params, "connection");
    },
    reset: () => {
      rules.reset();
      counts.clear();
    },
  };
}

function getFault<Fault>(find: FaultRulesOptions<Fault>["find"], name: string): Fault {
  const fault = find(name);
  if (!fault) throw new RangeError(`There is no fault "${name}".`);
  return fault;
}
