import { expect, test } from "vitest";
import { gradeCoverage, gradeFields, gradeLines, gradeNumber } from "./grade.ts";
import type { Fact } from "./item.ts";

function makeFact(name: string, right: string): Fact {
  return { name, right, wrong: "" };
}

test("a text is graded by the facts that it tells, whatever stands around them", () => {
  const facts = [makeFact("a", "It opens on 4 May."), makeFact("b", "It costs 12 euros.")];
  expect(gradeCoverage("As planned, it opens on 4 May; it costs 12 euros!", facts)).toBe(100);
  expect(gradeCoverage("It opens on 4 May. It costs 120 euros.", facts)).toBe(50);
  expect(gradeCoverage("It opens on 4 Mayday. It costs 112 euros.", facts)).toBe(0);
});

test("a missing field costs less than a wrong one", () => {
  const facts = [makeFact("city", "Cork"), makeFact("total", "10.50")];
  expect(gradeFields({ city: "cork", total: "10.50" }, facts)).toBe(100);
  expect(gradeFields({ city: "Cork", total: "" }, facts)).toBeCloseTo(66.7, 1);
  expect(gradeFields({ city: "Cork", total: "10.05" }, facts)).toBe(50);
  expect(gradeFields({}, facts)).toBe(0);
});

test("a clause that goes on is another clause", () => {
  const facts = [makeFact("from", "from orders"), makeFact("group", "group by city")];
  expect(gradeLines("FROM orders\ngroup by  city", facts)).toBe(100);
  expect(gradeLines("from orders left join lines\ngroup by city", facts)).toBe(50);
});

test("a figure is right to the cent, and a text is none", () => {
  expect(gradeNumber(12.3, "12.30")).toBe(100);
  expect(gradeNumber(12.31, "12.30")).toBe(0);
  expect(gradeNumber("12.30", "12.30")).toBe(0);
});
