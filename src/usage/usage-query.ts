import { z } from "zod";
import { budgetWindows } from "../endpoint/define-budget.ts";
import { timeZoneSchema } from "../endpoint/time-zone-schema.ts";
import { usageDimensions } from "../store/usage.ts";
import type { UsageDimension } from "../store/usage.ts";

const windows = budgetWindows.filter((window) => window !== "minute");

const name = z.string().min(1).max(500);

const dimensionList = z
  .string()
  .transform((text) => text.split(",").map((part) => part.trim()))
  .pipe(
    z
      .array(z.enum(usageDimensions, `Take some of ${usageDimensions.join(", ")}, with commas in between.`))
      .refine((list) => new Set(list).size === list.length, "Name each once."),
  );

const moment = z
  .string()
  .refine(
    (text) => parseMoment(text) !== undefined,
    "Take a date (2026-11-01), a moment (2026-11-01T10:00:00Z), or how long ago (7d, 24h).",
  )
  .transform((text) => parseMoment(text)!);

const month = z
  .string()
  .regex(/^\d{4}-(?:0[1-9]|1[0-2])$/, "Take a month, such as 2026-11.")
  .transform((text): LocalDate => ({ year: Number(text.slice(0, 4)), month: Number(text.slice(5)) - 1, day: 1 }));

const limit = z.coerce.number().int().min(1).max(1000);

/** What `/admin/v1/budgets` and `headgate usage --budgets` take. */
export const budgetsQuerySchema = z.strictObject({ limit: limit.default(100) });

/** What `/admin/v1/usage` and `headgate usage` take. */
export const usageQuerySchema = z
  .strictObject({
    by: dimensionList.default([]),
    from: moment.optional(),
    to: moment.optional(),
    month: month.optional(),
    window: z.enum(windows).optional(),
    timeZone: timeZoneSchema.default("UTC"),
    limit: limit.optional(),
    format: z.enum(["json", "csv"]).default("json"),
    ...(Object.fromEntries(usageDimensions.map((dimension) => [dimension, name.optional()])) as Record<
      UsageDimension,
      z.ZodOptional<typeof name>
    >),
  })
  .refine(({ from, to, month: whole }) => whole === undefined || (from ?? to) === undefined, {
    message: "Give either month, or from and to.",
    path: ["month"],
  });

export type ParsedUsageQuery = z.output<typeof usageQuerySchema>;

interface LocalDate {
  readonly year: number;
  /** 0 to 11. */
  readonly month: number;
  readonly day: number;
}

/** A moment as it is written: the begin of a local day, one of its own, or so long ago. */
export type Moment =
  | { readonly type: "date"; readonly date: LocalDate }
  | { readonly type: "moment"; readonly atMs: number }
  | { readonly type: "ago"; readonly ms: number };

const unitMs = { h: 3_600_000, d: 86_400_000 } as const;

function parseMoment(text: string): Moment | undefined {
  const ago = /^(\d{1,5})([hd])$/.exec(text);
  if (ago) return { type: "ago", ms: Number(ago[1]) * unitMs[ago[2] as "h" | "d"] };
  const written = /^(\d{4})-(\d\d)-(\d\d)(T\d\d:\d\d(?::\d\d(?:\.\d{1,3})?)?(?:Z|[+-]\d\d:\d\d))?$/.exec(text);
  if (!written) return undefined;
  const date = { year: Number(written[1]), month: Number(written[2]) - 1, day: Number(written[3]) };
  // The 30th of February is the 2nd of March to a Date.
  if (new Date(Date.UTC(date.year, date.month, date.day)).getUTCDate() !== date.day) return undefined;
  if (written[4] === undefined) return { type: "date", date };
  const atMs = Date.parse(text);
  return Number.isNaN(atMs) ? undefined : { type: "moment", atMs };
}
