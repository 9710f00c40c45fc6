const gap = "  ";

/** Columns as wide as their longest cell, the first row on top. */
export function formatTable(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const lines = rows.map((row) => row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(gap));
  return lines.map((line) => `${line.trimEnd()}\n`).join("");
}
