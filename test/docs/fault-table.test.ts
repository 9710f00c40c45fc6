import { expect, test } from "vitest";
import { faults } from "../../src/testing/hostile-provider/faults.ts";
import type { Fault } from "../../src/testing/hostile-provider/fault.ts";
import { receiverFaults } from "../../src/testing/hostile-provider/faults/receiving.ts";
import { readTable } from "./read-table.ts";

const page = "reference/testing.md";

test("the page lists each fault of the hostile provider as it is", () => {
  const rows = faults.map((fault) => [
    fault.group,
    `\`${fault.name}\``,
    toCode(fault.params),
    fault.appliesTo,
    toOutcome(fault),
    fault.what,
  ]);
  expect(readTable(page, "| group | name | parameters | in | after it | what |")).toEqual(rows);
});

test("the page lists each fault of the hostile receiver as it is", () => {
  const rows = receiverFaults.map(({ name, params, isTaken, what }) => [
    `\`${name}\``,
    toCode(params),
    isTaken ? "yes" : "no",
    what,
  ]);
  expect(readTable(page, "| name | parameters | acted | what |")).toEqual(rows);
});

function toOutcome({ isHarmless, isClientFault, recoverable }: Fault): string {
  if (isHarmless === true) return "odd";
  if (isClientFault === true) return "client";
  return recoverable ? "recoverable" : "";
}

function toCode(params: string | undefined): string {
  return params === undefined ? "" : `\`${params}\``;
}
