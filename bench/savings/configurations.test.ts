import { expect, test } from "vitest";
import { listConfigurations, nameConfiguration, planSteps } from "./configurations.ts";
import { techniques } from "./project.ts";

test("each technique is measured alone and on top of those before, every configuration once", () => {
  const plan = planSteps(techniques);
  expect(plan.together.at(-1)!.on).toEqual(techniques);
  const names = listConfigurations(plan).map(nameConfiguration);
  expect(names).toEqual([
    "everything off",
    "routing",
    "reuse",
    "reuse + semantic",
    "limits",
    "prompt-order",
    "routing + reuse",
    "routing + reuse + semantic",
    "routing + reuse + semantic + limits",
    "routing + reuse + semantic + limits + prompt-order",
  ]);
});

test("semantic reuse is held against exact reuse", () => {
  const { alone } = planSteps(["reuse", "semantic"]);
  expect(alone.at(-1)).toEqual({ adds: "semantic", without: ["reuse"], on: ["reuse", "semantic"] });
});
