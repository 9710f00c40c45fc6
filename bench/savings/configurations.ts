import type { Technique } from "./project.ts";

/** What is measured: each technique alone, and one after the other on top of those before. */
export interface Plan {
  readonly alone: readonly Step[];
  readonly together: readonly Step[];
}

interface Step {
  readonly adds: Technique;
  /** In force, in the order of `techniques`. */
  readonly on: readonly Technique[];
  /** What it is held against: the same without what it adds. */
  readonly without: readonly Technique[];
}

/** @param chosen in order; `semantic` needs `reuse` before it */
export function planSteps(chosen: readonly Technique[]): Plan {
  const alone = chosen.map((adds): Step => {
    const without: readonly Technique[] = adds === "semantic" ? ["reuse"] : [];
    return { adds, without, on: [...without, adds] };
  });
  const together = chosen.map((adds, index): Step => ({
    adds,
    without: chosen.slice(0, index),
    on: chosen.slice(0, index + 1),
  }));
  return { alone, together };
}

/** Every set of techniques that the plan needs, once, with none of them first. */
export function listConfigurations({ alone, together }: Plan): readonly (readonly Technique[])[] {
  const all = [...alone, ...together].flatMap(({ on, without }) => [without, on]);
  return [...new Map([[], ...all].map((on) => [nameConfiguration(on), on])).values()];
}

export function nameConfiguration(on: readonly Technique[]): string {
  return on.join(" + ") || "everything off";
}
