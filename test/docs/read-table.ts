import { readFileSync } from "node:fs";
import { join } from "node:path";

const docs = join(import.meta.dirname, "..", "..", "docs");

/** The cells of the rows of a page's table, the one whose first line is `head`. */
export function readTable(page: string, head: string): string[][] {
  const lines = readFileSync(join(docs, page), "utf8").split("\n");
  const start = lines.indexOf(head);
  if (start === -1) throw new Error(`docs/${page} has no table ${head}`);
  const rows = lines.slice(start + 2);
  const end = rows.findIndex((line) => !line.startsWith("|"));
  return rows.slice(0, end === -1 ? rows.length : end).map(toCells);
}

function toCells(line: string): string[] {
  return line
    .slice(1, -1)
    .split(/(?<!\\)\|/)
    .map((cell) => cell.trim().replaceAll("\\|", "|"));
}
