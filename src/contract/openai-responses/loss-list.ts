import type { Loss } from "../../call.ts";
import { toPointer } from "../../json.ts";

export type LossPath = readonly (string | number)[];

/** Collects what of a request Headgate's words do not carry. */
export interface LossList {
  drop(path: LossPath, why: string): void;
  refuse(path: LossPath, why: string): void;
  /** Drops every field of the value that is set and not known. */
  dropOthers(path: LossPath, value: Readonly<Record<string, unknown>>, known: ReadonlySet<string>): void;
  toLosses(): readonly Loss[];
}

// A body can hold thousands of unknown fields, and each would become a warning.
const mostLosses = 50;

/** The same field lost for the same reason in many places is told once, with the first place. */
export function createLossList(): LossList {
  const found = new Map<string, Loss>();
  let untold = 0;

  function add(effect: Loss["effect"], path: LossPath, why: string): void {
    const field = path.findLast((step) => typeof step === "string");
    const key = `${effect} ${field} ${why}`;
    if (found.has(key)) return;
    // What refuses the request is always kept: it must not hide behind what is only dropped.
    if (found.size < mostLosses || effect === "refused") found.set(key, { path: toPointer(path), effect, why });
    else untold++;
  }

  return {
    drop: (path, why) => add("dropped", path, why),
    refuse: (path, why) => {
      const refusals = [...found.values()].filter(({ effect }) => effect === "refused").length;
      if (refusals < mostLosses) add("refused", path, why);
    },
    dropOthers: (path, value, known) => {
      for (const [key, field] of Object.entries(value)) {
        if (field === undefined || field === null || known.has(key)) continue;
        // Nobody is told more of a name than what names have.
        add("dropped", [...path, key.slice(0, 64)], "only OpenAI's own API knows it");
      }
    },
    toLosses: () => {
      const losses = [...found.values()];
      if (untold > 0) losses.push({ path: "", effect: "dropped", why: `${untold} more fields are not known` });
      return losses;
    },
  };
}
