import { z } from "zod";
import { tasks, weekdays } from "./define-routing.ts";
import { timeZoneSchema } from "./time-zone-schema.ts";

const oneOrMore = z.union(
  [z.string().min(1), z.array(z.string().min(1)).min(1, "Name one at least.").max(1000, "Name at most 1000.")],
  "This must be a name, or a list of names.",
);
const target = z.string().min(1, "Name a tier or a model.");
const clock = z.string().regex(/^(?:[01]\d|2[0-3]):[0-5]\d$|^24:00$/, 'A time is written as HH:MM, such as "22:30".');
const share = z.number().min(0, "A share is 0 to 1.").max(1, "A share is 0 to 1.");

export const taskSchema = z.enum(tasks, { error: `A task is one of: ${tasks.join(", ")}.` });

const condition = z
  .strictObject({
    endpoint: oneOrMore.optional(),
    task: z.union([taskSchema, z.array(taskSchema).min(1)], `This is one or more of: ${tasks.join(", ")}.`).optional(),
    tokens: z
      .strictObject({ atLeast: z.int().min(0).optional(), atMost: z.int().min(0).optional() })
      .refine(({ atLeast, atMost }) => atLeast !== undefined || atMost !== undefined, "Give atLeast, atMost or both.")
      .refine(({ atLeast = 0, atMost = Infinity }) => atLeast <= atMost, "atLeast is above atMost: this never holds.")
      .optional(),
    language: z
      .union(
        [languageCode(), z.array(languageCode()).min(1)],
        'A language is an ISO 639-1 code, such as "de", or a list of them.',
      )
      .optional(),
    hasTools: z.boolean().optional(),
    hasImages: z.boolean().optional(),
    key: oneOrMore.optional(),
    team: oneOrMore.optional(),
    metadata: z.record(z.string().min(1), oneOrMore).optional(),
    time: z
      .strictObject({
        timeZone: timeZoneSchema.optional(),
        from: clock.optional(),
        to: clock.optional(),
        days: z.array(z.enum(weekdays)).min(1, "Name one day at least.").optional(),
      })
      .refine(
        ({ from = "00:00", to = "24:00" }) => from !== to,
        "from and to are the same: this never holds. Leave both out for the whole day.",
      )
      .optional(),
    budgetLeft: z
      .strictObject({ budget: z.string().min(1).optional(), atLeast: share.optional(), atMost: share.optional() })
      .refine(({ atLeast, atMost }) => atLeast !== undefined || atMost !== undefined, "Give atLeast, atMost or both.")
      .optional(),
  })
  .refine(
    (when) => Object.keys(when).length > 0,
    "A rule without a condition always holds: put its model into otherwise instead.",
  );

function languageCode(): z.ZodString {
  return z.string().regex(/^[a-z]{2}$/, 'A language is an ISO 639-1 code, such as "de".');
}

const ruleSet = z.strictObject({
  rules: z
    .array(z.strictObject({ when: condition, use: target }))
    .max(1000, "A set has at most 1000 rules.")
    .optional(),
  otherwise: target,
});

const version = z
  .string()
  .regex(/^[\w][\w.-]{0,62}$/, "A version is made of letters, digits and . _ -, and has at most 63 characters.");

export const routingSchema = z.strictObject({
  sets: z.record(version, ruleSet).refine((sets) => Object.keys(sets).length > 0, "Declare one rule set at least."),
  use: version,
});
