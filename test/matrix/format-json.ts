import { isRecord } from "../../src/json.ts";

const lineWidth = 120;

/** JSON as the project's formatter leaves it, with everything that fits on one line on one line. */
export function formatJson(value: unknown): string {
  return `${format(value, 0, 0)}\n`;
}

/** @param column where the value begins @param tail characters that follow it on its line */
function format(value: unknown, depth: number, column: number, tail = 0): string {
  const line = toLine(value);
  if (line !== undefined && column + line.length + tail <= lineWidth) return line;
  const pad = "  ".repeat(depth + 1);
  const end = "  ".repeat(depth);
  if (Array.isArray(value)) {
    const items = value.map((item) => `${pad}${format(item, depth + 1, pad.length, 1)}`);
    return `[\n${items.join(",\n")}\n${end}]`;
  }
  if (!isRecord(value)) return JSON.stringify(value);
  const fields = Object.entries(value).map(([name, field]) => {
    const head = `${pad}${JSON.stringify(name)}: `;
    return head + format(field, depth + 1, head.length, 1);
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
