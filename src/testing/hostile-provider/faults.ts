import type { Fault, ScriptedFault } from "./fault.ts";
import { connectFaults } from "./faults/connect.ts";
import { endingFaults } from "./faults/ending.ts";
import { headFaults } from "./faults/head.ts";
import { statusFaults } from "./faults/status.ts";
import { timingFaults } from "./faults/timing.ts";

const scripted: readonly ScriptedFault[] = [
  ...connectFaults,
  ...statusFaults,
  ...headFaults,
  ...timingFaults,
  ...endingFaults,
];

const byName: ReadonlyMap<string, ScriptedFault> = new Map(scripted.map((fault) => [fault.name, fault]));

/** All that a hostile provider can do wrong, for drills and tests to go through. */
export const faults: readonly Fault[] = scripted;

export function findFault(name: string): ScriptedFault | undefined {
  return byName.get(name);
}
