/** Markup that is safe to put into a page as it is. */
export interface Markup {
  readonly text: string;
}

type Value = string | number | Markup | readonly Markup[] | undefined;

/** Writes markup; every value that is not markup itself is escaped. */
export function markup(strings: TemplateStringsArray, ...values: readonly Value[]): Markup {
  let text = strings[0] ?? "";
  for (const [index, value] of values.entries()) text += toText(value) + (strings[index + 1] ?? "");
  return { text };
}

/** Marks text of our own making, such as a script, as markup. Never for text from outside. */
export function trusted(text: string): Markup {
  return { text };
}

function toText(value: Value): string {
  if (value === undefined) return "";
  if (typeof value === "string" || typeof value === "number") return escapeText(String(value));
  return "text" in value ? value.text : value.map(({ text }) => text).join("");
}

const entities: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
  "`": "&#96;",
};

function escapeText(text: string): string {
  return text.replaceAll(/[&<>"'`]/g, (character) => entities[character] ?? character);
}
