import type { Loss } from "../call.ts";
import { toPointer } from "../json.ts";

export type LossPath = readonly (string | number)[];

/** Collects what of a request Headgate's words do not carry. */
export interface LossList {
  drop(path: LossPath, why: string): void;
  refuse(path: LossPath, why: string): void;
  /** Drops every field of the value that says something and is not known. */
  dropOthers(path: LossPath, value: Readonly<Record<string, unknown>>, known: ReadonlySet<string>): void;
  toLosses(): readonly Loss[];
}

/** Of each effect. A body can hold thousands of unknown fields, and each would become a warning. */
const mostLosses = 50;

/**
 * The same field lost for the same reason in many places is told once, with the first place.
 * @param unknownField why a field that is not known is dropped, such as `only OpenAI's own API knows it`
 */
export function createLossList(unknownField: string): LossList {
  const found = { refused: new Map<string, Loss>(), dropped: new Map<string, Loss>() };
  let untold = 0;

  function add(effect: Loss["effect"], path: LossPath, why: string): void {
    const key = `${path.findLast((step) => typeof step === "string")} ${why}`;
    const losses = found[effect];
    if (losses.has(key)) return;
    if (losses.size < mostLosses) losses.set(key, { path: toPointer(path), effect, why });
    else if (effect === "dropped") untold++;
  }

  return {
    drop: (path, why) => add("dropped", path, why),
    refuse: (path, why) => add("refused", path, why),
    dropOthers: (path, value, known) => {
      for (const [key, field] of Object.entries(value)) {
        // Nobody is told more of a name than what names have.
        if (!known.has(key) && saysSomething(field)) add("dropped", [...path, key.slice(0, 64)], unknownField);
      }
    },
    toLosses: () => {
      const losses = [...found.refused.values(), ...found.dropped.values()];
      if (untold > 0) losses.push({ path: "", effect: "dropped", why: `${untold} more fields are not known` });
      return losses;
    },
  };
}

/** False for null, false, and what is empty: clients hand answers back with all their fields. */
export function saysSomething(value: unknown): boolean {
  if (value === undefined || value === null || value === false || value === "") return false;
  return typeof value !== "object" || Object.keys(value).length > 0;
}
