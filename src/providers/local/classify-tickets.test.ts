import { describe, expect, test } from "vitest";
import { chooseLabel } from "./choose-label.ts";
import { findLanguage } from "./find-language.ts";
import { splitSentences } from "./split-sentences.ts";

const categories = ["billing", "technical", "account", "shipping", "other"] as const;
const priorities = ["low", "normal", "high"] as const;

type Ticket = readonly [text: string, category: (typeof categories)[number], priority: (typeof priorities)[number]];

/** Written for this test, in the ways customers write: few of them name the category. */
export const tickets: readonly Ticket[] = [
  ["My card was charged twice for the October subscription. Please send the second payment back.", "billing", "normal"],
  [
    "Your invoice 2291 shows VAT for Germany although we are registered in Austria. Could you issue a corrected one?",
    "billing",
    "normal",
  ],
  [
    "I cancelled in March and money is still leaving my bank account every month. This is the third time I write. Unacceptable!",
    "billing",
    "high",
  ],
  [
    "Where can I download my receipts for last year? No rush, I only need them for my tax return in spring.",
    "billing",
    "low",
  ],
  ["The discount code from your newsletter was not applied at checkout, I paid the full price.", "billing", "normal"],
  ["We were promised a refund ten days ago and nothing has shown up on our statement.", "billing", "normal"],
  [
    "The app closes as soon as I open the camera. I have reinstalled it on my Pixel and it still crashes.",
    "technical",
    "normal",
  ],
  [
    "Production is down. Every request to your API returns 503 since 9:40 and all our users see an error page.",
    "technical",
    "high",
  ],
  [
    "Exported spreadsheets show dates one day early. It looks like a time zone problem in the export.",
    "technical",
    "normal",
  ],
  ["There is a small typo on the settings page: 'prefrences'. Only cosmetic.", "technical", "low"],
  [
    "Since the last update the dashboard takes a minute to load and then stays blank in Firefox.",
    "technical",
    "normal",
  ],
  [
    "Syncing between my laptop and phone stopped working, notes written on one never reach the other.",
    "technical",
    "normal",
  ],
  [
    "Nobody in our warehouse can print labels any more, the printer driver fails with code 0x61. Forty people are blocked.",
    "technical",
    "high",
  ],
  [
    "Our webhook no longer receives events and payroll runs in two hours. Please help immediately.",
    "technical",
    "high",
  ],
  ["I forgot my password and the reset link never reaches my inbox.", "account", "normal"],
  [
    "Someone signed in from a country I have never been to. I think I was hacked, please lock everything right away.",
    "account",
    "high",
  ],
  ["How do I change the e-mail address that I use to sign in?", "account", "normal"],
  ["Please delete my profile and all data you hold about me.", "account", "normal"],
  ["I got a new phone and can't get past the two-factor prompt. I am locked out.", "account", "normal"],
  [
    "Can I give a colleague read-only permission to our workspace? Just wondering, whenever you have time.",
    "account",
    "low",
  ],
  ["My parcel has been sitting in the Leipzig depot for nine days. Where is it?", "shipping", "normal"],
  ["The courier left the package in the rain and the box is soaked.", "shipping", "normal"],
  ["You sent the blue lamp instead of the green one. How do I get the right item?", "shipping", "normal"],
  ["Tracking says delivered, but nothing was handed to us or our neighbours.", "shipping", "normal"],
  [
    "The wheelchair battery must reach my mother by tonight, she cannot leave the house without it. Where is the driver?",
    "shipping",
    "high",
  ],
  ["Do you also deliver to the Faroe Islands? I am not in a hurry.", "shipping", "low"],
  ["Are your offices open for school visits? Our pupils would be curious to see how you work.", "other", "low"],
  ["I just wanted to say that Ines in your shop was wonderful. Best wishes from a happy customer.", "other", "low"],
  ["We are a local radio station and would like to interview your founder next week.", "other", "normal"],
  ["Would you sponsor our village run in June? Any size of banner would be nice to have.", "other", "low"],
];

describe("support tickets", () => {
  test("are put into the right category by words alone in at least 26 of 30 cases", async () => {
    const answers = await answerAll(categories);
    const right = tickets.filter(([, category], at) => answers[at] === category);
    expect(right.length).toBeGreaterThanOrEqual(26);
  });

  test("get the right priority by words alone in at least 26 of 30 cases", async () => {
    const answers = await answerAll(priorities);
    const right = tickets.filter(([, , priority], at) => answers[at] === priority);
    expect(right.length).toBeGreaterThanOrEqual(26);
  });
});

async function answerAll(names: readonly string[]): Promise<string[]> {
  const labels = names.map((name) => ({ name, description: "" }));
  const answers: string[] = [];
  for (const [text] of tickets) {
    const sentences = await splitSentences(text, async () => {});
    const [best] = chooseLabel({ labels, sentences, language: findLanguage(text) });
    answers.push(names[best!.label]!);
  }
  return answers;
}
