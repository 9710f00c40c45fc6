/** Where JSON objects stand in a model's text. */
export interface ExtractedJson {
  /** Complete objects outside of each other, in the order of the text. Not parsed yet. */
  readonly whole: readonly string[];
  /** Texts that may become an object by repair, the likeliest first. */
  readonly broken: readonly string[];
}

const maxObjects = 32;

/**
 * Finds the objects in text that is not JSON as a whole: behind a byte order mark, in code fences, between prose.
 * Linear: an object is scanned once, and scans that find no end are few.
 */
export function extractJson(text: string): ExtractedJson {
  const whole: string[] = [];
  let firstStart = -1;
  for (let at = 0; whole.length < maxObjects;) {
    const start = findStart(text, at);
    if (start === -1) break;
    if (firstStart === -1) firstStart = start;
    if (!isStrictStart(text, start)) {
      at = start + 1;
      continue;
    }
    const end = findEnd(text, start);
    // A document that was cut: what stands in it is a part of the answer, not the answer.
    if (end === -1) break;
    if (text[start] === "{") whole.push(text.slice(start, end));
    at = end;
  }
  return { whole, broken: firstStart === -1 ? [] : listBroken(text, firstStart) };
}

// An object, or an array of objects: its items must not be taken for the answer.
function findStart(text: string, from: number): number {
  for (let at = from; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === 123 && isObjectStart(text, at)) return at;
    if (code === 91 && text[skipSpace(text, at + 1)] === "{") return at;
  }
  return -1;
}

const looseKeyStart = /["'}A-Za-z_$/\\\u201c\u2018`]/;

function isObjectStart(text: string, at: number): boolean {
  const next = text[skipSpace(text, at + 1)];
  return next !== undefined && looseKeyStart.test(next);
}

// A brace, a key in double quotes and a colon; in prose, a brace and a quote may stand next to each other as well.
function isStrictStart(text: string, at: number): boolean {
  if (text[at] === "[") return true;
  const next = skipSpace(text, at + 1);
  if (text[next] === "}") return true;
  if (text[next] !== '"') return false;
  const keyEnd = findQuote(text, next + 1);
  return keyEnd === -1 || text[skipSpace(text, keyEnd + 1)] === ":";
}

function skipSpace(text: string, from: number): number {
  let at = from;
  while (at < text.length && text.charCodeAt(at) <= 32) at++;
  return at;
}

function findEnd(text: string, start: number): number {
  let depth = 0;
  for (let at = start; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === 34) {
      at = findQuote(text, at + 1);
      if (at === -1) return -1;
    } else if (code === 123 || code === 91) depth++;
    else if ((code === 125 || code === 93) && --depth === 0) return at + 1;
  }
  return -1;
}

function findQuote(text: string, from: number): number {
  for (let at = from; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === 92) at++;
    else if (code === 34) return at;
  }
  return -1;
}

const fence = "```";

function listBroken(text: string, start: number): string[] {
  const isFenced = text.lastIndexOf(fence, start) !== -1;
  const fenceEnd = isFenced ? text.indexOf(`\n${fence}`, start) : -1;
  const tail = text.slice(start, fenceEnd === -1 ? text.length : fenceEnd).trim();
  const untilBrace = tail.slice(0, tail.lastIndexOf("}") + 1);
  return untilBrace === "" || untilBrace === tail ? [tail] : [tail, untilBrace];
}
