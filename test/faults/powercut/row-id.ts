/** The id of a row, a UUID that tells which run, batch and row it is: writer and drill need not exchange ids. */
export function nameRow(run: number, batch: number, row: number): string {
  return `${hex(run, 8)}-${hex(batch >> 16, 4)}-${hex(batch & 0xffff, 4)}-8000-${hex(row, 12)}`;
}

function hex(value: number, digits: number): string {
  return value.toString(16).padStart(digits, "0");
}
