import { decodeEntities } from "./decode-entities.ts";

/**
 * Turns HTML into readable text: blocks become paragraphs, list items `- ` or `1. `, and what a page does not show
 * (scripts, styles, comments) is gone. One pass; broken HTML loses nothing but its tags.
 */
export function htmlToText(html: string): string {
  if (!html.includes("<")) return decodeEntities(html);
  const writer = new TextWriter();
  let at = 0;
  while (at < html.length) {
    const open = html.indexOf("<", at);
    writer.text(html.slice(at, open === -1 ? html.length : open));
    if (open === -1) break;
    const tag = readTag(html, open);
    if (!tag) {
      writer.text("<");
      at = open + 1;
    } else if (tag.name === "" || tag.isClose || !unseen.has(tag.name)) {
      if (tag.name !== "") writer.tag(tag);
      at = tag.end;
    } else at = findCloseOf(html, tag.name, tag.end);
  }
  return writer.finish();
}

interface Tag {
  /** Lower case; "" for comments and declarations. */
  readonly name: string;
  readonly isClose: boolean;
  readonly end: number;
}

const unseen = new Set([
  "script",
  "style",
  "template",
  "noscript",
  "iframe",
  "object",
  "svg",
  "math",
  "title",
  "canvas",
  "audio",
  "video",
]);

const tagName = /[a-z][a-z0-9-]{0,31}/iy;

// A `<` that opens no tag, such as in `a < b`, is text.
function readTag(html: string, open: number): Tag | undefined {
  if (html.startsWith("<!--", open)) return { name: "", isClose: false, end: endAfter(html, "-->", open + 4) };
  const next = html[open + 1];
  if (next === "!" || next === "?") return { name: "", isClose: false, end: endAfter(html, ">", open + 2) };
  const isClose = next === "/";
  tagName.lastIndex = open + (isClose ? 2 : 1);
  const name = tagName.exec(html)?.[0].toLowerCase();
  if (name === undefined) return undefined;
  const end = findTagEnd(html, tagName.lastIndex);
  return end === -1 ? undefined : { name, isClose, end };
}

function endAfter(html: string, mark: string, from: number): number {
  const found = html.indexOf(mark, from);
  return found === -1 ? html.length : found + mark.length;
}

// Attribute values may hold `>`. A quote that never closes is no quote; that can happen once for each kind of quote.
function findTagEnd(html: string, from: number): number {
  for (let at = from; at < html.length; at++) {
    const mark = html[at];
    if (mark === ">") return at + 1;
    if (mark === "<") return -1;
    if ((mark === '"' || mark === "'") && html[at - 1] === "=") {
      const close = html.indexOf(mark, at + 1);
      if (close === -1) return endAfter(html, ">", at);
      at = close;
    }
  }
  return -1;
}

function findCloseOf(html: string, name: string, from: number): number {
  for (let at = html.indexOf("</", from); at !== -1; at = html.indexOf("</", at + 2)) {
    const end = at + 2 + name.length;
    if (html.slice(at + 2, end).toLowerCase() === name && !/[a-z0-9-]/i.test(html[end] ?? ""))
      return endAfter(html, ">", end);
  }
  return html.length;
}

const paragraphs = new Set(
  "address article aside blockquote details dl fieldset figure footer form h1 h2 h3 h4 h5 h6 header main nav ol p pre section table ul".split(
    " ",
  ),
);
const lines = new Set("br caption dd div dt figcaption hr legend li option summary tbody tfoot thead tr".split(" "));
const cells = new Set(["td", "th"]);

const maxListDepth = 16;

class TextWriter {
  readonly #pieces: string[] = [];
  /** The numbers of the open lists' next items; 0 for bullets. */
  readonly #lists: number[] = [];
  #break = "";
  #isEmpty = true;
  #preDepth = 0;

  text(raw: string): void {
    if (raw === "") return;
    const text = this.#preDepth > 0 ? raw : raw.replace(/\s+/g, " ");
    const isBlank = text === " ";
    if (isBlank && (this.#break !== "" || this.#isEmpty)) return;
    this.#write(
      decodeEntities(this.#break === "" && !this.#isEmpty ? text : this.#preDepth > 0 ? text : text.trimStart()),
    );
  }

  tag({ name, isClose }: Tag): void {
    if (name === "pre") this.#preDepth = Math.max(0, this.#preDepth + (isClose ? -1 : 1));
    if (name === "ul" || name === "ol") {
      if (isClose) this.#lists.pop();
      else if (this.#lists.length < maxListDepth) this.#lists.push(name === "ol" ? 1 : 0);
    }
    const isInnerList = (name === "ul" || name === "ol") && this.#lists.length > (isClose ? 0 : 1);
    if (paragraphs.has(name) && !isInnerList) this.#breakBy("\n\n");
    else if (lines.has(name) || isInnerList) this.#breakBy(name === "br" && this.#break === "\n" ? "\n\n" : "\n");
    else if (cells.has(name) && isClose) this.text(" ");
    if (name === "li" && !isClose) this.#beginItem();
  }

  finish(): string {
    return this.#pieces.join("");
  }

  #beginItem(): void {
    const depth = this.#lists.length;
    const number = this.#lists.at(-1) ?? 0;
    if (number > 0) this.#lists[depth - 1] = number + 1;
    this.#write(`${"  ".repeat(Math.max(0, depth - 1))}${number > 0 ? `${number}.` : "-"}`);
    this.#pieces.push(" ");
    this.#isEmpty = true;
  }

  #breakBy(wanted: "\n" | "\n\n"): void {
    if (wanted.length > this.#break.length) this.#break = wanted;
  }

  #write(text: string): void {
    if (text === "") return;
    if (this.#pieces.length > 0 && !this.#isEmpty) this.#pieces.push(this.#break);
    this.#break = "";
    this.#isEmpty = false;
    this.#pieces.push(text);
  }
}
