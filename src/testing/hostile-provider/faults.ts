import type { Fault, ScriptedFault } from "./fault.ts";
import { contentFaults } from "./faults/content.ts";
import { embeddingFaults } from "./faults/embeddings.ts";
import { fleetFaults } from "./faults/fleet.ts";
import { framingFaults } from "./faults/framing.ts";
import { finishFaults, plainBodyFaults } from "./faults/plain-body.ts";
import { toolFaults } from "./faults/tools.ts";
import { usageFaults } from "./faults/usage.ts";
import { connectFaults } from "./faults/connect.ts";
import { endingFaults } from "./faults/ending.ts";
import { headFaults } from "./faults/head.ts";
import { statusFaults } from "./faults/status.ts";
import { timingFaults } from "./faults/timing.ts";

const scripted: readonly ScriptedFault[] = [
  ...connectFaults,
  ...statusFaults,
  ...headFaults,
  ...plainBodyFaults,
  ...finishFaults,
  ...framingFaults,
  ...timingFaults,
  ...endingFaults,
  ...usageFaults,
  ...toolFaults,
  ...contentFaults,
  ...fleetFaults,
  ...embeddingFaults,
];

const byName: ReadonlyMap<string, ScriptedFault> = new Map(scripted.map((fault) => [fault.name, fault]));

/** All that a hostile provider can do wrong, for drills and tests to go through. */
export const faults: readonly Fault[] = scripted;

export function findFault(name: string): ScriptedFault | undefined {
  return byName.get(name);
}
