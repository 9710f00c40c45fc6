import { expect, test } from "vitest";
import { findDates, toIsoDate, toIsoDateTime } from "./find-dates.ts";
import { splitSentences } from "./split-sentences.ts";

test.each([
  ["It opened on 12 March 2026.", "2026-03-12"],
  ["It opened on March 12, 2026.", "2026-03-12"],
  ["It opened on the 3rd of June 2025.", "2025-06-03"],
  ["Released 2026-11-24 at noon.", "2026-11-24"],
  ["Fällig am 5.11.2026.", "2026-11-05"],
  ["Am 5. Oktober 2026 beginnt das Fest.", "2026-10-05"],
  ["Le 14 juillet 2026, tout est fermé.", "2026-07-14"],
  ["Due 03/12/2026.", "2026-03-12"],
  ["Due 23/12/2026.", "2026-12-23"],
  ["They start in May 2027.", "2027-05-01"],
])("%s holds the day %s", async (text, iso) => {
  expect((await find(text)).map(toIsoDate)).toEqual([iso]);
});

test("a day without a year takes the year of the material", async () => {
  const found = await find("The vote was on 4 May 2026. The count follows on 9 May.");
  expect(found.map(toIsoDate)).toEqual(["2026-05-04", "2026-05-09"]);
});

test("a time of day beside the date becomes part of the date-time", async () => {
  const found = await find("Doors open on 2 April 2026 at 6:30 pm. The log says 2026-01-05T08:15:30Z.");
  expect(found.map(toIsoDateTime)).toEqual(["2026-04-02T18:30:00Z", "2026-01-05T08:15:30Z"]);
});

test.each(["You may 2 or 3 times.", "On 31 February 2026 nothing happens.", "Version 12.3.4 is out.", "Room 2026."])(
  "%s holds no day",
  async (text) => {
    expect(await find(text)).toEqual([]);
  },
);

async function find(text: string) {
  return findDates(await splitSentences(text, async () => {}));
}
