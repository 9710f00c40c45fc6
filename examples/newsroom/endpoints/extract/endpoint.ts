import { defineEndpoint } from "headgate";
import { z } from "zod";

const person = z.object({
  name: z.string().min(1).describe("The person's full name as written."),
  role: z.string().optional().describe("What the person is or does, if the text says it."),
});

const date = z.object({
  date: z.iso.date().describe("The day, as YYYY-MM-DD."),
  event: z.string().min(1).describe("What happens or happened on that day."),
});

const amount = z.object({
  value: z.number().describe("The sum as a plain number: 6.2 million is 6200000."),
  currency: z.string().describe("The currency's three-letter code, such as USD."),
  context: z.string().describe("What the sum is for."),
});

const contact = z.object({
  email: z.string().optional().describe("The e-mail address for questions."),
  phone: z.string().optional().describe("The telephone number for questions."),
});

export default defineEndpoint({
  description: "Takes the facts out of a press release: organisations, people, dates, sums of money and the contact.",
  input: z.object({
    text: z.string().min(1).max(60_000).describe("The press release."),
  }),
  output: z.object({
    headline: z.string().min(1).describe("The release's headline."),
    organisations: z.array(z.string().min(1)).describe("Every organisation that is named, once each."),
    people: z.array(person).describe("Every person that is named, once each."),
    dates: z.array(date).describe("Every day that is named, with its event."),
    amounts: z.array(amount).describe("Every sum of money that is named."),
    contact: contact.describe("Whom the press can ask."),
  }),
  normalize: { maxTokens: 12_000, overflow: "truncate-tail", field: "/text" },
  validate: { reasks: 2 },
  example: {
    text: 'Port of Brightsand orders two electric ferries\n\nBRIGHTSAND, 3 March 2026 - The Port of Brightsand has ordered two electric ferries from Nordhavn Yards for $6.2 million. They enter service on 4 May 2027. "The bay will be quieter," said Ines Okafor, chair of the harbour board.\n\nPress contact: press@brightsand.example, +1 555 0134',
  },
});
