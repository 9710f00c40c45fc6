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

/** Of each effect. */
const mostLosses = 50;

/** The same field lost for the same reason in many places is told once, with the first place. */
export function createLossList(): LossList {
  const dropped = new Map<string, Loss>();
  const refused = new Map<string, Loss>();
  let untold = 0;

  function add(found: Map<string, Loss>, loss: Loss, field: string | number | undefined): void {
    const key = `${field} ${loss.why}`;
    if (found.has(key)) return;
    // A body can hold thousands of unknown fields, and each would become a warning.
    if (found.size < mostLosses) found.set(key, loss);
    else if (loss.effect === "dropped") untold++;
  }

  function drop(path: LossPath, why: string): void {
    add(dropped, { path: toPointer(path), effect: "dropped", why }, findField(path));
  }

  return {
    drop,
    refuse: (path, why) => add(refused, { path: toPointer(path), effect: "refused", why }, findField(path)),
    dropOthers: (path, value, known) => {
      for (const [key, field] of Object.entries(value)) {
        if (field !== undefined && field !== null && !known.has(key)) drop([...path, key], unknownField);
      }
    },
    toLosses: () => {
      const losses = [...refused.values(), ...dropped.values()];
      if (untold > 0) losses.push({ path: "", effect: "dropped", why: `${untold} more fields are not known` });
      return losses;
    },
  };
}

const unknownField = "only Anthropic's own API knows it";

function findField(path: LossPath): string | number | undefined {
  return path.findLast((step) => typeof step === "string");
}
