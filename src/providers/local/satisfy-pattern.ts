import { countCharacters } from "./fit-text.ts";

/**
 * Regular expressions of a schema come from clients, so they are never run by the backtracking engine: this reads the
 * common subset (classes, groups, alternatives, repeats, anchors), finds whole matches by sets of positions in time
 * linear in the text, and makes up a shortest match where the material has none.
 */
export interface Pattern {
  /** True if the text holds a match, as JSON Schema's `pattern` asks. */
  matches(text: string): boolean;
  /** A match of at least `minLength` characters where the pattern can stretch that far. */
  makeUp(minLength: number): string;
}

type Node =
  | { readonly type: "character"; readonly accepts: (character: string) => boolean; readonly sample: string }
  | { readonly type: "sequence"; readonly nodes: readonly Node[] }
  | { readonly type: "choice"; readonly nodes: readonly Node[] }
  | { readonly type: "repeat"; readonly node: Node; readonly least: number; readonly most: number }
  | { readonly type: "start" }
  | { readonly type: "end" };

const longestText = 200;
const mostRepeats = 1_000;
const samples = Array.from("a0A-_ .:/@#z9Z+,;!?%&*()[]{}=<>|~^$'\"\\éß\n\t");

/** Undefined for what is outside the subset: look-around, back references. */
export function readPattern(source: string): Pattern | undefined {
  if (source.length > 1_000) return undefined;
  try {
    const reader = new PatternReader(source);
    const node = reader.readAll();
    return {
      matches(text) {
        const characters = Array.from(text.slice(0, longestText));
        const everywhere = new Set(Array.from({ length: characters.length + 1 }, (_, at) => at));
        return step(node, characters, everywhere).size > 0;
      },
      makeUp(minLength) {
        for (let extra = 0; extra < Math.min(minLength, mostRepeats) + 2; extra++) {
          const made = write(node, extra);
          if (countCharacters(made) >= minLength || made.length > longestText * 10) return made;
        }
        return write(node, minLength);
      },
    };
  } catch {
    return undefined;
  }
}

function step(node: Node, text: readonly string[], from: ReadonlySet<number>): ReadonlySet<number> {
  switch (node.type) {
    case "character":
      return new Set([...from].filter((at) => at < text.length && node.accepts(text[at]!)).map((at) => at + 1));
    case "sequence":
      return node.nodes.reduce<ReadonlySet<number>>((at, part) => (at.size === 0 ? at : step(part, text, at)), from);
    case "choice":
      return new Set(node.nodes.flatMap((part) => [...step(part, text, from)]));
    case "start":
      return new Set([...from].filter((at) => at === 0));
    case "end":
      return new Set([...from].filter((at) => at === text.length));
    default:
      return stepRepeat(node, text, from);
  }
}

function stepRepeat(
  { node, least, most }: Extract<Node, { type: "repeat" }>,
  text: readonly string[],
  from: ReadonlySet<number>,
): ReadonlySet<number> {
  let at = from;
  for (let times = 0; times < least && at.size > 0; times++) at = step(node, text, at);
  const reached = new Set(at);
  for (let times = least; times < most && at.size > 0; times++) {
    at = new Set([...step(node, text, at)].filter((position) => !reached.has(position)));
    for (const position of at) reached.add(position);
  }
  return reached;
}

function write(node: Node, extra: number): string {
  switch (node.type) {
    case "character":
      return node.sample;
    case "sequence":
      return node.nodes.map((part) => write(part, extra)).join("");
    case "choice":
      return node.nodes.map((part) => write(part, extra)).reduce((a, b) => (extra > 0 && b.length > a.length ? b : a));
    case "repeat":
      return write(node.node, 0).repeat(Math.min(node.most, node.least + extra, mostRepeats));
    default:
      return "";
  }
}

class PatternReader {
  private at = 0;
  private readonly source: string;

  constructor(source: string) {
    this.source = source;
  }

  readAll(): Node {
    const node = this.readChoice(0);
    if (this.at < this.source.length) throw new SyntaxError("unbalanced");
    return node;
  }

  private readChoice(depth: number): Node {
    if (depth > 20) throw new SyntaxError("too deep");
    const nodes = [this.readSequence(depth)];
    while (this.source[this.at] === "|") {
      this.at++;
      nodes.push(this.readSequence(depth));
    }
    return nodes.length === 1 ? nodes[0]! : { type: "choice", nodes };
  }

  private readSequence(depth: number): Node {
    const nodes: Node[] = [];
    while (this.at < this.source.length && !"|)".includes(this.source[this.at]!)) nodes.push(this.readRepeat(depth));
    return { type: "sequence", nodes };
  }

  private readRepeat(depth: number): Node {
    const node = this.readAtom(depth);
    const quantifier = /^(?:[*+?]|\{(\d{1,5})(?:(,)(\d{1,5})?)?\})\??/u.exec(this.source.slice(this.at, this.at + 16));
    if (!quantifier) return node;
    this.at += quantifier[0].length;
    const sign = quantifier[0][0]!;
    const least = sign === "{" ? Number(quantifier[1]) : sign === "+" ? 1 : 0;
    const upper = quantifier[2] === undefined ? least : Number(quantifier[3] ?? Infinity);
    const most = sign === "{" ? upper : sign === "?" ? 1 : Infinity;
    return { type: "repeat", node, least: Math.min(least, mostRepeats), most };
  }

  private readAtom(depth: number): Node {
    const rest = this.source.slice(this.at);
    const group = /^\((?:\?:|\?<[A-Za-z]\w{0,40}>)?(?!\?)/u.exec(rest);
    if (group) {
      this.at += group[0].length;
      const node = this.readChoice(depth + 1);
      if (this.source[this.at++] !== ")") throw new SyntaxError("unbalanced");
      return node;
    }
    if (rest[0] === "^" || rest[0] === "$") {
      this.at++;
      return { type: rest[0] === "^" ? "start" : "end" };
    }
    const atom =
      /^(?:\[\^?\]?(?:\\.|[^\]\\])*\]|\\[pP]\{[\w=]{1,40}\}|\\u[\da-f]{4}|\\x[\da-f]{2}|\\[^\dbBkcpPux]|[^()[\]*+?{}|\\])/iu.exec(
        rest,
      );
    if (!atom || rest[0] === "(") throw new SyntaxError("not in the subset");
    this.at += atom[0].length;
    return toCharacter(atom[0]);
  }
}

// A class or escape is handed to the real engine for one character at a time, which cannot backtrack.
function toCharacter(source: string): Node {
  const single = new RegExp(`^${source}$`, "su");
  const accepts =
    source === "." ? (character: string): boolean => !/[\n\r]/u.test(character) : single.test.bind(single);
  const literal = Array.from(source.replace(/^\\/u, ""))[0]!;
  const sample = [...samples, literal, ...Array.from(source)].find((character) => accepts(character));
  if (sample === undefined) throw new SyntaxError("no sample");
  return { type: "character", accepts, sample };
}
