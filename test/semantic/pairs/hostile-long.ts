import type { Pair } from "./pair.ts";

const letter = [
  "I am writing about the order that I placed with your shop three weeks ago.",
  "The order had four items: a desk lamp, a set of towels, a kettle and a garden chair.",
  "Your confirmation came within minutes and promised delivery in five working days.",
  "After ten days the first parcel came, with the towels and the kettle.",
  "The towels were fine, and my family has used them ever since.",
  "The kettle was of the wrong color, but we decided to keep it.",
  "The second parcel came on a Saturday, when nobody was at home.",
  "The driver left it with a neighbor, who kept it for us over the weekend.",
  "When we opened it on Monday, the lamp was in pieces.",
  "The box had been wrapped badly, with a single sheet of paper around the glass.",
  "I took photographs of the box, of the paper and of the lamp.",
  "The garden chair has not come at all.",
  "I called your hotline twice, and both times I waited for half an hour.",
  "The first agent told me that the chair was out of stock.",
  "The second agent told me that the chair had been sent.",
  "I have been a customer for nine years, and this is the first time that I complain.",
  "Please write to me by email, as I am at work during the day.",
  "My address and my phone number have stayed the same.",
];
const changes: readonly Pair[] = [
  ["I want my money back for the lamp.", "I do not want my money back for the lamp."],
  ["Send me a new lamp.", "Send me a new chair."],
  ["Please answer before Friday.", "Please answer after Friday."],
  ["I paid 89 euros for the lamp.", "I paid 98 euros for the lamp."],
  ["You may call me in the evening.", "You must not call me in the evening."],
  ["Cancel the chair and keep the rest of the order.", "Keep the chair and cancel the rest of the order."],
  ["Mention the discount in your answer.", "Never mention the discount in your answer."],
  ["The neighbor has signed for the parcel.", "The neighbor has not signed for the parcel."],
  ["Write the answer in English.", "Write the answer in French."],
  ["Only the lamp was broken.", "Only the lamp was not broken."],
  ["My neighbor Mr. Keller can confirm this.", "My neighbor Mr. Kellner can confirm this."],
  ["I would accept a voucher instead of a refund.", "I would accept a refund instead of a voucher."],
];
const places = [0, 4, 9, 14, letter.length];

/** The same letter, whole and in part, with one sentence that says something else. */
export const hostileLong: Readonly<Record<string, readonly Pair[]>> = {
  "one sentence of a long text": changes.flatMap(([text, other]) =>
    places.map((place): Pair => [insert(letter, place, text), insert(letter, place, other)]),
  ),
  "one sentence of a few": changes.map(([text, other], at): Pair => {
    const part = letter.slice(at, at + 4);
    return [insert(part, at % 4, text), insert(part, at % 4, other)];
  }),
};

function insert(sentences: readonly string[], place: number, sentence: string): string {
  return sentences.toSpliced(place, 0, sentence).join(" ");
}
