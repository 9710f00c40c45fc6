import { defineEndpoint } from "headgate";
import { z } from "zod";

export default defineEndpoint({
  description: "Summarises a news article for a busy reader.",
  input: z.object({
    text: z.string().min(1).max(400_000).describe("The article, as plain text or HTML."),
  }),
  output: z.object({
    summary: z.string().min(1).max(800).describe("What happened, in one to three sentences."),
    bullets: z.array(z.string().min(1).max(300)).min(1).max(5).describe("The main points, most important first."),
  }),
  route: { use: "standard", rules: [{ when: { inputTokens: { atLeast: 4000 } }, use: "smart" }] },
  normalize: { html: true, maxTokens: 12_000, overflow: "map-reduce", field: "/text" },
  validate: { reasks: 2 },
  fallback: { summary: "No summary is available right now.", bullets: ["Please read the article itself."] },
  timeoutMs: 60_000,
  example: {
    text: "The harbour board voted on Tuesday to replace the Brightsand ferry with two electric boats. The old ferry, which has crossed the bay since 1974, carries about 400 people a day and burns 900 litres of diesel. The new boats will cost 6.2 million dollars together and start in May 2027. Fares stay as they are for the first two years, said Ines Okafor, who chairs the board. Residents of Brightsand asked for a later evening crossing, and the board will decide about it in December.",
  },
});
