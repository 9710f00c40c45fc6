import type { Message } from "../../message.ts";
import { isRecord, parseJson } from "../../json.ts";
import { stripMarkup } from "./strip-markup.ts";

export interface LabelledValue {
  readonly label: string;
  readonly value: string;
}

/** A request taken apart: what is asked, and what it is asked about. */
export interface Material {
  /** System messages and the words around the material. */
  readonly instructions: string;
  /** The text to work on; "" if the conversation holds none. */
  readonly text: string;
  readonly title?: string;
  readonly question?: string;
  /** `Label: value` lines and JSON fields of the material. */
  readonly labelled: readonly LabelledValue[];
  /** True if only the material's first 200,000 characters are read. */
  readonly isCut: boolean;
}

// Bounds the time of a request: reading this much takes about half a second.
const maxMaterialCharacters = 200_000;

const instructionTags =
  /^(?:instructions?|rules?|format|output|output[-_]?format|examples?|schema|json[-_]?schema|task|system|guidelines?|persona|role|style|thinking|labels?|categories)$/iu;
const questionTags = /^(?:question|query|ask)$/iu;
const imperative =
  /^(?:please |now |your task is to |i want you to |i need you to |can you |could you )?(?:summari[sz]e|summari[sz]ing|sum up|extract|classify|categori[sz]e|label|list|find|identify|write|give|tell|answer|read|use|return|translate|analy[sz]e|describe|explain|rewrite|shorten|condense|create|generate|produce|make|determine|decide|detect|pick|choose|rate|score|reply|respond|here is|here's|below is|the following|this is|tl;?dr)\b/iu;
const questionStart =
  /^(?:who|what|when|where|why|which|how|is|are|was|were|does|do|did|can|could|will|would|should|has|have|whose|whom)\b/iu;
const titleLabel = /^(?:subject|title|headline|re|betreff)$/iu;
const materialLabel =
  /^(?:article|text|ticket|email|e-mail|mail|message|document|content|context|input|transcript|press release|review|comment|passage|body|story|news|letter|report|customer message|material|source|notes?)$/iu;

/** Separates instructions from material: by XML-like tags, by fences, by a line that ends in a colon, or else by the first paragraph's mood. */
export function readMaterial(messages: readonly Message[]): Material {
  const system = messages.filter(({ role }) => role === "system").map(toText);
  const turns = messages.filter(({ role }) => role === "user" || role === "tool").map(toText);
  const parted = turns.map(partMessage);
  const fromSystem = system.map(partTagged);
  const best = pickMaterial(parted, fromSystem);
  const instructions = [
    ...fromSystem.map(({ rest }) => rest),
    ...parted.map(({ rest, material }) => (material === best ? rest : `${rest}\n${material.slice(0, 2_000)}`)),
  ];
  const question = parted.map((part) => part.question).findLast((found) => found !== undefined);
  const { text, title, labelled } = readFields(stripMarkup(best.slice(0, maxMaterialCharacters)));
  return {
    instructions: instructions.join("\n").trim().slice(0, 20_000),
    text,
    labelled,
    isCut: best.length > maxMaterialCharacters,
    ...(title === undefined ? {} : { title }),
    ...(question === undefined ? {} : { question }),
  };
}

interface Parted {
  readonly rest: string;
  readonly material: string;
  readonly isMarked: boolean;
  readonly question?: string;
}

function toText({ content }: Message): string {
  const text =
    typeof content === "string" ? content : content.map((part) => (part.type === "text" ? part.text : "")).join("\n");
  return text.slice(0, 2 * maxMaterialCharacters).toWellFormed();
}

// A corrective message after a bad answer is short and unmarked, so the first long or marked one keeps its place.
function pickMaterial(parted: readonly Parted[], fromSystem: readonly Parted[]): string {
  const marked = [...parted, ...fromSystem].filter(({ isMarked, material }) => isMarked && material !== "");
  const candidates = marked.length > 0 ? marked : parted;
  return candidates.reduce((best, { material }) => (material.length > best.length ? material : best), "");
}

function partMessage(text: string): Parted {
  const tagged = partTagged(text);
  if (tagged.material !== "" || tagged.question !== undefined) {
    if (tagged.material !== "") return { ...tagged, question: tagged.question ?? findQuestion(tagged.rest) };
    const plain = partPlain(tagged.rest);
    return { ...plain, question: tagged.question };
  }
  return partFenced(text) ?? partPlain(text);
}

const mostTags = 200;

function partTagged(text: string): Parted {
  let rest = text;
  const materials: string[] = [];
  let question: string | undefined;
  for (const match of text.matchAll(/<([A-Za-z][\w-]{0,40})(?:\s[^<>]{0,300})?>/gu).take(mostTags)) {
    const [open, tag] = match as unknown as [string, string];
    const from = rest.indexOf(open);
    const to = rest.lastIndexOf(`</${tag}>`);
    if (from === -1 || to < from + open.length || htmlTags.has(tag.toLowerCase())) continue;
    const inner = rest
      .slice(from + open.length, to)
      .replaceAll(`</${tag}>`, "\n")
      .replaceAll(open, "\n");
    if (instructionTags.test(tag)) continue;
    // "between <article> and </article>" in an instruction holds no material.
    if (inner.trim().length < 8 || /^\s*(?:and|or|to|tags?|\.{3}|…)\s*$/iu.test(inner)) continue;
    rest = `${rest.slice(0, from)}\n${rest.slice(to + tag.length + 3)}`;
    if (questionTags.test(tag)) question = inner.trim();
    else materials.push(inner.trim());
  }
  return {
    rest: rest.trim(),
    material: materials.join("\n\n"),
    isMarked: materials.length > 0,
    ...(question ? { question } : {}),
  };
}

const htmlTags = new Set(
  "a abbr b blockquote body br button code div em footer form h1 h2 h3 h4 h5 h6 head header html i iframe img input li main meta nav ol p pre script section small span strong style sub sup table tbody td th thead title tr u ul".split(
    " ",
  ),
);

function partFenced(text: string): Parted | undefined {
  for (const fence of ['"""', "```", "'''", "\n---\n"]) {
    const from = text.indexOf(fence);
    const to = text.lastIndexOf(fence);
    if (from === -1 || to <= from + fence.length) continue;
    const material = text
      .slice(from + fence.length, to)
      .replace(/^[a-z]{0,12}\n/u, "")
      .trim();
    const rest = `${text.slice(0, from)}\n${text.slice(to + fence.length)}`.trim();
    if (material.length > 40) return { rest, material, isMarked: true, question: findQuestion(rest) };
  }
  return undefined;
}

function partPlain(text: string): Parted {
  const trimmed = text.trim();
  const labelled = partAtLabel(trimmed) ?? partAtColon(trimmed) ?? partAtParagraph(trimmed);
  if (labelled) return labelled;
  const isAsking = trimmed.length < 400 && (trimmed.endsWith("?") || imperative.test(trimmed));
  return isAsking
    ? { rest: trimmed, material: "", isMarked: false, question: findQuestion(trimmed) }
    : { rest: "", material: trimmed, isMarked: false };
}

/** "Context: ... Question: ..." and "Article:" lines. */
function partAtLabel(text: string): Parted | undefined {
  const asked = /(?:^|\n)[ \t]{0,8}(?:question|q)[ \t]?:[ \t]{0,8}([^\n]{3,1000})/iu.exec(text);
  const without = asked ? text.replace(asked[0], "\n") : text;
  for (const match of without.slice(0, 4_000).matchAll(/(?:^|\n)[ \t]{0,8}([A-Za-z][A-Za-z -]{2,30}):[ \t]{0,8}/gu)) {
    if (!materialLabel.test(match[1]!.trim())) continue;
    const before = without.slice(0, match.index).trim();
    const material = without.slice(match.index + match[0].length).trim();
    // A subject line above the label belongs to the material.
    const subject = /(?:^|\n)[ \t]{0,8}(?:subject|title|headline):[^\n]{1,300}$/iu.exec(before)?.[0] ?? "";
    const question = asked?.[1]?.trim() ?? findQuestion(before);
    return { rest: before, material: `${subject}\n\n${material}`.trim(), isMarked: true, question };
  }
  return asked ? { rest: "", material: without.trim(), isMarked: false, question: asked[1]!.trim() } : undefined;
}

/** "Summarise this in one sentence: The council ...", or the same with the text on the next line. */
function partAtColon(text: string): Parted | undefined {
  const colon = /^[^\n]{3,600}?:(?=\s)/u.exec(text)?.[0] ?? /^[\s\S]{3,1500}?:[ \t]*(?=\n)/u.exec(text)?.[0];
  if (colon === undefined) return undefined;
  const material = text.slice(colon.length).trim();
  const asks = colon.split(/[.\n]/u).some((piece) => imperative.test(piece.trim())) || questionStart.test(colon);
  return asks && material.length >= 20
    ? { rest: colon, material, isMarked: false, question: findQuestion(colon) }
    : undefined;
}

function partAtParagraph(text: string): Parted | undefined {
  const paragraphs = text.split(/\n[ \t]*\n/u);
  if (paragraphs.length < 2) return undefined;
  const first = paragraphs[0]!.trim();
  const last = paragraphs.at(-1)!.trim();
  if (first.length < 600 && asksSomething(first)) {
    return {
      rest: first,
      material: paragraphs.slice(1).join("\n\n").trim(),
      isMarked: false,
      question: findQuestion(first),
    };
  }
  if (last.length < 300 && asksSomething(last) && text.length > 2 * last.length) {
    return {
      rest: last,
      material: paragraphs.slice(0, -1).join("\n\n").trim(),
      isMarked: false,
      question: findQuestion(last),
    };
  }
  return undefined;
}

function asksSomething(paragraph: string): boolean {
  return imperative.test(paragraph) || (questionStart.test(paragraph) && paragraph.endsWith("?"));
}

function findQuestion(text: string): string | undefined {
  return text
    .match(/[^.!?\n:]{6,400}\?/gu)
    ?.map((question) => question.trim())
    .find((question) => questionStart.test(question) || question.length > 12);
}

function readFields(material: string): Pick<Material, "text" | "title" | "labelled"> {
  const fromJson = readJsonFields(material);
  if (fromJson) return fromJson;
  const labelled: LabelledValue[] = [];
  let title: string | undefined;
  const lines = material.split("\n").filter((line) => {
    const field =
      /^[ \t]{0,8}(?:[-*] )?\**([\p{L}][\p{L}\p{N} ()/_#.-]{0,40}?)\**[ \t]?[:=]\**[ \t]{1,8}(\S.{0,299})$/u.exec(
        line.slice(0, 400),
      );
    if (!field || labelled.length >= 500 || field[1]!.split(" ").length > 5) return true;
    const [label, value] = [field[1]!.trim(), field[2]!.trim()];
    labelled.push({ label, value });
    if (!titleLabel.test(label)) return true;
    title ??= value;
    return false;
  });
  const text = lines.join("\n").trim();
  return { text: text === "" ? (title ?? "") : text, labelled, ...(title ? { title } : {}) };
}

function readJsonFields(material: string): Pick<Material, "text" | "title" | "labelled"> | undefined {
  if (!/^\s*[{[]/u.test(material)) return undefined;
  let value: unknown;
  try {
    value = parseJson(material);
  } catch {
    return undefined;
  }
  const labelled: LabelledValue[] = [];
  collectLeaves(value, "", labelled);
  const title = labelled.find(({ label }) => titleLabel.test(label))?.value;
  const text = labelled
    .map((leaf) => (leaf.value.length > 80 ? leaf.value : `${leaf.label}: ${leaf.value}`))
    .join("\n\n");
  return { text, labelled, ...(title ? { title } : {}) };
}

function collectLeaves(value: unknown, label: string, into: LabelledValue[]): void {
  if (into.length >= 500) return;
  if (typeof value === "string" || typeof value === "number" || typeof value === "boolean")
    into.push({ label, value: String(value) });
  else if (Array.isArray(value)) for (const item of value) collectLeaves(item, label, into);
  else if (isRecord(value)) for (const [key, inner] of Object.entries(value)) collectLeaves(inner, key, into);
}
