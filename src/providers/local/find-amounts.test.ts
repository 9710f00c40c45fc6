import { expect, test } from "vitest";
import { findAmounts } from "./find-amounts.ts";

test.each([
  ["It cost €48 million.", 48_000_000, "money", "EUR"],
  ["It cost 11.4 million euros.", 11_400_000, "money", "EUR"],
  ["The price is $1,234.50 today.", 1234.5, "money", "USD"],
  ["Der Preis ist 1.234,50 €.", 1234.5, "money", "EUR"],
  ["They raised $3bn.", 3_000_000_000, "money", "USD"],
  ["Pay CHF 20 at the desk.", 20, "money", "CHF"],
  ["£3.20 each", 3.2, "money", "GBP"],
  ["It fell by 12.5 percent.", 12.5, "percentage", undefined],
  ["It fell by 7%.", 7, "percentage", undefined],
  ["It carries 9,400 tonnes.", 9400, "plain", undefined],
  ["It has seven doors.", 7, "plain", undefined],
  ["It was -4 outside.", -4, "plain", undefined],
] as const)("%s holds %d", (text, value, kind, currency) => {
  expect(find(text)).toEqual([{ value, kind, currency }]);
});

test.each(["Order A-1234x was lost.", "Ask the 3rd clerk.", "one of them"])("%s holds no number", (text) => {
  expect(find(text)).toEqual([]);
});

function find(text: string) {
  const sentence = { text, index: 0, paragraph: 0, stems: [], isHeading: false };
  return findAmounts(sentence).map(({ value, kind, currency }) => ({ value, kind, currency }));
}
