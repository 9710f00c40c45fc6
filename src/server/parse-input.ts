import type { z } from "zod";
import { HeadgateError } from "../errors.ts";
import { toPointer } from "../json.ts";

/**
 * Checks a body or query of the admin API.
 * @throws HeadgateError `request_invalid` with the issues; they never hold the values.
 */
export function parseInput<Schema extends z.ZodType>(schema: Schema, value: unknown): z.output<Schema> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  throw new HeadgateError("request_invalid", {
    issues: result.error.issues.map(({ path, message }) => ({ path: toPointer(path.map(toStep)), message })),
  });
}

function toStep(key: PropertyKey): string | number {
  return typeof key === "symbol" ? String(key) : key;
}
