import { z } from "zod";

export const timeZoneSchema = z
  .string()
  .refine(isTimeZone, 'This is no time zone: take an IANA name, such as "Europe/Berlin".');

function isTimeZone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat("en", { timeZone: name }).resolvedOptions().timeZone !== "";
  } catch {
    return false;
  }
}
