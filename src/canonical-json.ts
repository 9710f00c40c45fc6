/** JSON in which the same value has the same text: keys are sorted; numbers and texts stay as they are. */
export function toCanonicalJson(value: unknown): string {
  if (typeof value !== "object" || value === null) return value === undefined ? "null" : JSON.stringify(value);
  let text = "";
  if (Array.isArray(value)) {
    for (const item of value) text += `${text === "" ? "" : ","}${toCanonicalJson(item)}`;
    return `[${text}]`;
  }
  const fields = value as Readonly<Record<string, unknown>>;
  for (const key of Object.keys(fields).sort()) {
    const field = fields[key];
    // As JSON has it, a field without a value is none.
    if (field !== undefined) text += `${text === "" ? "" : ","}${JSON.stringify(key)}:${toCanonicalJson(field)}`;
  }
  return `{${text}}`;
}
