import { citiesAndCountries, givenNames } from "./known-names.ts";
import type { Mention } from "./mention.ts";
import type { Pace } from "./pace-work.ts";
import type { Sentence } from "./split-sentences.ts";
import { isStopWord } from "./stop-words.ts";

export type EntityKind = "person" | "organisation" | "place" | "other";

export interface Entity extends Mention {
  readonly kind: EntityKind;
  /** Indexes of all sentences that name it. */
  readonly sentences: ReadonlySet<number>;
}

const capital = "\\p{Lu}[\\p{L}\\p{M}\\p{N}’'&-]{0,39}(?:\\.(?= ?\\p{Lu}))?";
const linking = "of the|of|and the|for|de la|de|du|van der|van|von der|von|del|da|di|la|le|bin|al|y|&";
const sequence = new RegExp(
  `(?<![\\p{L}\\p{N}])(?:${capital})(?: (?:(?:${linking}) )?(?:${capital}|\\d{1,4}(?!\\d))){0,6}`,
  "gu",
);
const honorific =
  /^(?:Mr|Mrs|Ms|Miss|Dr|Prof|Professor|Sir|Dame|Lord|Lady|Rev|Capt|Captain|Judge|Senator|Councillor|Herr|Frau|Mme|M)\.? /u;
const rank =
  /^(?:President|Prime Minister|Minister|Mayor|Governor|Chancellor|Director|Secretary|Chairman|Chairwoman|Chair|King|Queen|Prince|Princess|Pope|Coach|Inspector|Detective|Officer|Commissioner|Ambassador)(?: General)? /u;
const organisationEnd =
  /(?:^|[ -])(?:Inc|Ltd|LLC|PLC|plc|GmbH|AG|SE|SA|NV|BV|Corp|Corporation|Company|Co|Group|Holdings|Bank|University|College|Institute|School|Academy|Ministry|Department|Agency|Authority|Council|Committee|Commission|Association|Foundation|Society|Union|Federation|Party|Parliament|Senate|Congress|Court|Hospital|Clinic|Museum|Gallery|Library|Theatre|Theater|Orchestra|Club|United|Airlines|Airways|Railways|Rail|Motors|Systems|Technologies|Software|Labs|Laboratory|Laboratories|Energy|Partners|Ventures|Capital|Insurance|Press|News|Times|Post|Trust|Fund|Network|Alliance|Organization|Organisation|Centre|Center|Office|Service|Services|Board|Cooperative|Collective|Works|Observatory|Studio|Studios|Media|Pharma|Robotics|Logistics|Shipyard|Shipyards|Yard|Yards|Markets|Stores|Industries|Brothers|Sons|Foods|Brewery|Bakery|Team|Police|Army|Navy)$/u;
const organisationStart =
  /^(?:University|Ministry|Department|Bank|Institute|Museum|Office|Bureau|Council|Court|Association|Port|Port Authority|Society|Friends|House) (?:of|for)/u;
const placeEnd =
  / (?:Street|Road|Avenue|Lane|Square|Bridge|River|Lake|Mount|Mountain|Mountains|Valley|Island|Islands|Bay|Beach|Park|Forest|County|City|Town|Village|District|Province|Region|Airport|Station|Harbour|Harbor|Peninsula|Coast|Hill|Hills|Sea|Ocean|Desert|Strait)$/u;
const placeStart =
  /^(?:Lake|Mount|Mt|River|Port|Cape|Fort|North|South|East|West|New|San|Santa|Saint|St|Los|Las|El|Bad) /u;
const placeCue = /(?:^|[\s(])(?:in|at|near|from|to|outside|across|around|throughout|via|between|of)(?: the)? $/iu;
const speechAfter =
  /^(?:,? (?:who|whose|aged \d)|,? \(?\d{2}\)?,| (?:said|says|told|added|explained|wrote|asked|argued|warned|joined|lives|led|leads|thinks|believes|hopes|plans|thanked|won)\b)/u;
const speechBefore =
  /(?:said|says|added|told|asked|explained|(?:led|written|founded|said|chaired|owned) by|according to|named|called|chief executive|CEO|director|spokeswoman|spokesman|spokesperson|founder|chair|author|manager|engineer|professor|minister|mayor|analyst|editor|colleague|with) $/iu;
const calendar =
  /^(?:Monday|Tuesday|Wednesday|Thursday|Friday|Saturday|Sunday|January|February|March|April|May|June|July|August|September|October|November|December|Christmas|Easter|English|German|French|Spanish|Italian|European|American|British|Chinese|Japanese|Dutch|Internet|Hi|Hello|Dear|Thanks|Regards|Subject|Re|OK|FAQ|PDF|API|URL|CEO|CFO|CTO|AM|PM|EUR|USD|GBP|VAT)$/u;

/** Names in the order of the text, each once under its longest form, sorted into people, organisations and places by the words around them. */
export async function findEntities(sentences: readonly Sentence[], pace: Pace): Promise<Entity[]> {
  const raw: RawMention[] = [];
  const lower = new Set<string>();
  for (const sentence of sentences) {
    raw.push(...findInSentence(sentence));
    for (const word of sentence.text.match(/(?<![\p{L}\p{N}])\p{Ll}[\p{L}]{1,39}/gu) ?? []) lower.add(word);
    await pace(sentence.text.length);
  }
  const midSentence = new Set(raw.filter((mention) => mention.start > 1).map((mention) => mention.text));
  const known = new Map<string, Found>();
  const longForms = new Map<string, string>();
  for (const mention of raw) {
    // The first word of a sentence is capitalised anyway; alone it counts only if it is seen as a name elsewhere.
    const opens = mention.start <= 1 && !mention.text.includes(" ");
    if (opens && !midSentence.has(mention.text) && !givenNames.has(mention.text)) continue;
    if (!mention.text.includes(" ") && lower.has(mention.text.toLowerCase())) continue;
    merge(known, longForms, mention);
  }
  return [...known.values()].map(({ text, sentence, start, sentences: all, votes }) => ({
    text,
    sentence,
    start,
    sentences: all,
    kind: decide(votes),
  }));
}

type Votes = Readonly<Record<EntityKind, number>>;

interface RawMention extends Mention {
  readonly votes: Votes;
}

interface Found extends Mention {
  readonly sentences: Set<number>;
  readonly votes: Votes;
}

function findInSentence({ text, index, isHeading }: Sentence): RawMention[] {
  const found: RawMention[] = [];
  for (const match of text.matchAll(sequence)) {
    const trimmed = trimName(match[0]);
    if (!trimmed || calendar.test(trimmed.text) || (isHeading && !trimmed.text.includes(" "))) continue;
    const name = stripTitle(trimmed.text);
    const start = match.index + trimmed.offset;
    const before = text.slice(Math.max(0, start - 40), start);
    const after = text.slice(start + trimmed.text.length, start + trimmed.text.length + 40);
    found.push({
      text: name,
      sentence: index,
      start: start + trimmed.text.indexOf(name),
      votes: vote(trimmed.text, before, after),
    });
  }
  return found;
}

function trimName(match: string): { text: string; offset: number } | undefined {
  let text = match;
  let offset = 0;
  for (;;) {
    const first = /^[^ ]+/u.exec(text)![0];
    const isNoName = isStopWord(first.toLowerCase()) || calendar.test(first);
    if (!isNoName) break;
    if (first.length === text.length) return undefined;
    const rest = text.slice(first.length + 1).replace(new RegExp(`^(?:${linking}) `, "u"), "");
    offset += text.length - rest.length;
    text = rest;
    if (!/^\p{Lu}/u.test(text)) return undefined;
  }
  text = text
    .replace(/['’]s?$/u, "")
    .replace(/ \d{1,4}$/u, (number) => (/[A-Z]/u.test(text) && number.length > 4 ? "" : number));
  const isWord = text.length > 1 && /\p{L}/u.test(text);
  return isWord ? { text, offset } : undefined;
}

function stripTitle(name: string): string {
  return name.replace(honorific, "").replace(rank, "").replace(/\.$/u, "");
}

function vote(name: string, before: string, after: string): Votes {
  const words = name.split(" ");
  let person = 0;
  let organisation = 0;
  let place = 0;
  if (honorific.test(name) || rank.test(name)) person += 4;
  if (givenNames.has(stripTitle(name).split(" ")[0]!)) person += words.length > 1 ? 3 : 1.5;
  if (speechAfter.test(after) && words.length <= 3) person += 1.5;
  if (speechBefore.test(before) && words.length <= 3) person += 1;
  if (words.length === 2 && words.every((word) => /^\p{Lu}\p{Ll}+$/u.test(word))) person += 0.6;
  if (organisationEnd.test(name) || organisationStart.test(name)) organisation += 4;
  if (/^[A-Z]{2,6}$/u.test(name) || /[&]/u.test(name)) organisation += 1.5;
  if (/\p{Ll}\p{Lu}/u.test(name)) organisation += 1;
  if (
    /\b(?:company|firm|utility|shipyard|startup|maker|retailer|supplier|agency|group|joined|works for|employer) $/u.test(
      before,
    )
  )
    organisation += 1.5;
  if (/^(?:,? (?:announced|launched|acquired|reported|posted|employs|sells|makes|shares|today))/u.test(after))
    organisation += 1.2;
  if (citiesAndCountries.has(name)) place += 4;
  if (placeEnd.test(` ${name}`) || placeStart.test(name)) place += 2.5;
  if (placeCue.test(before) && words.length <= 3) place += /(?:in|near|outside) $/iu.test(before) ? 1.6 : 0.5;
  if (/^, \p{Lu}/u.test(after) && placeCue.test(before)) place += 0.5;
  return { person, organisation, place, other: 0.4 };
}

const corporate = / (?:Inc|Ltd|LLC|PLC|plc|GmbH|AG|Corp|Co)$/u;

// "Okafor" after "Ada Okafor" is the same person, so the words of a long form lead back to it.
function merge(known: Map<string, Found>, longForms: Map<string, string>, mention: RawMention): void {
  const plain = mention.text.replace(corporate, "");
  const key = known.has(plain) ? plain : (longForms.get(plain) ?? plain);
  const found = known.get(key);
  if (found) {
    found.sentences.add(mention.sentence);
    known.set(key, { ...found, votes: addVotes(found.votes, mention.votes) });
    return;
  }
  const { votes, ...rest } = mention;
  known.set(key, { ...rest, votes, sentences: new Set([mention.sentence]) });
  const words = key.split(" ");
  const isPerson = votes.person > Math.max(votes.organisation, votes.place);
  if (words.length > 1 && isPerson)
    for (const word of [words[0]!, words.at(-1)!]) longForms.set(word, longForms.get(word) ?? key);
}

function addVotes(a: Votes, b: Votes): Votes {
  return {
    person: a.person + b.person,
    organisation: a.organisation + b.organisation,
    place: a.place + b.place,
    other: a.other,
  };
}

function decide(votes: Votes): EntityKind {
  let best: EntityKind = "other";
  for (const kind of ["person", "organisation", "place"] as const) if (votes[kind] > votes[best]) best = kind;
  return best;
}
