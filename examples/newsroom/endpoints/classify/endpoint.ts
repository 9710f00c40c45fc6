import { defineEndpoint } from "headgate";
import { z } from "zod";

export default defineEndpoint({
  description: "Sorts a reader's support ticket: what it is about and how soon somebody must look at it.",
  input: z.object({
    subject: z.string().max(300).optional().describe("The subject line, if there is one."),
    body: z.string().min(1).max(20_000).describe("What the reader wrote."),
  }),
  output: z.object({
    category: z
      .enum(["billing", "account", "delivery", "technical", "editorial", "other"])
      .describe("What the ticket is about."),
    priority: z.enum(["low", "normal", "high", "urgent"]).describe("How soon somebody must look at it."),
    reason: z.string().min(1).max(300).describe("The words of the ticket that decide it."),
  }),
  route: "fast",
  fallback: { category: "other", priority: "normal", reason: "It could not be sorted: somebody has to read it." },
  timeoutMs: 20_000,
  example: {
    subject: "Charged twice",
    body: "You took the 12 euros for November twice from my card. Please refund one of them.",
  },
});
