const entities: Readonly<Record<string, string>> = {
  amp: "&",
  lt: "<",
  gt: ">",
  quot: '"',
  apos: "'",
  "#39": "'",
  nbsp: " ",
  ldquo: "“",
  rdquo: "”",
  lsquo: "‘",
  rsquo: "’",
  ndash: "–",
  mdash: "—",
  hellip: "…",
  euro: "€",
};

/** Plain text of what is plainly HTML; any other text comes back as it is. */
export function stripMarkup(text: string): string {
  if (!/<\/(?:p|div|h[1-6]|li|span|article|body|td)>/iu.test(text)) return text;
  return text
    .replaceAll(/<(?:script|style)\b[^<>]{0,500}>[^<]{0,20000}<\/(?:script|style)>/giu, " ")
    .replaceAll(
      /<br\s?\/?>|<\/?(?:p|div|h[1-6]|li|ul|ol|tr|article|section|header|footer|blockquote)\b[^<>]{0,500}>/giu,
      "\n\n",
    )
    .replaceAll(/<\/?[a-z][^<>]{0,500}>/giu, "")
    .replaceAll(/&(#?\w{2,8});/gu, (whole, name: string) => entities[name.toLowerCase()] ?? whole);
}
