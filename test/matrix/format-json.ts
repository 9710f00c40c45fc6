import { isRecord } from "../../src/json.ts";

const lineWidth = 120;

/** JSON as the project's formatter leaves it, with everything that fits on one line on one line. */
export function formatJson(value: unknown): string {
  return `${format(value, 0, 0)}\n`;
}

/** @param column where the value begins @param after 1 if a comma follows */
function format(value: unknown, depth: number, column: number, after = 0): string {
  const line = toLine(value);
  if (line !== undefined && column + line.length + after <= lineWidth) return line;
  const pad = "  ".repeat(depth + 1);
  const end = "  ".repeat(depth);
  if (Array.isArray(value)) {
    const items = value.map((item, index) => {
      const comma = index === value.length - 1 ? 0 : 1;
      return `${pad}${format(item, depth + 1, pad.length, comma)}`;
    });
    return `[\n${items.join(",\n")}\n${end}]`;
  }
  if (!isRecord(value)) return JSON.stringify(value);
  const entries = Object.entries(value);
  const fields = entries.map(([name, field], index) => {
    const head = `${pad}${JSON.stringify(name)}: `;
    return head + format(field, depth + 1, head.length, index === entries.length - 1 ? 0 : 1);
  });
  return `{\n${fields.join(",\n")}\n${end}}`;
}

/** Undefined for what always takes several lines: lists of several objects with several fields each. */
function toLine(value: unknown): string | undefined {
  if (Array.isArray(value)) {
    if (value.length > 1 && value.every((item) => sizeOf(item) > 1)) return undefined;
    const items = value.map(toLine);
    return items.includes(undefined) ? undefined : `[${items.join(", ")}]`;
  }
  if (!isRecord(value)) return JSON.stringify(value);
  const fields = Object.entries(value).map(([name, field]) => {
    const line = toLine(field);
    return line === undefined ? undefined : `${JSON.stringify(name)}: ${line}`;
  });
  if (fields.includes(undefined)) return undefined;
  return fields.length === 0 ? "{}" : `{ ${fields.join(", ")} }`;
}

function sizeOf(value: unknown): number {
  if (Array.isArray(value)) return value.length;
  return isRecord(value) ? Object.keys(value).length : 0;
}
