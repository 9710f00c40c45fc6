/** A text, or a number of our own. */
export type CsvCell = string | number;

/**
 * CSV by RFC 4180. A text that a spreadsheet would take for a formula gets an apostrophe in front, as OWASP's page on CSV
 * injection has it.
 */
export function writeCsv(rows: readonly (readonly CsvCell[])[]): string {
  return rows.map((row) => `${row.map(toCell).join(",")}\r\n`).join("");
}

function toCell(cell: CsvCell): string {
  if (typeof cell === "number") return String(cell);
  const text = /^[=+\-@\t\r\n]/.test(cell) ? `'${cell}` : cell;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
