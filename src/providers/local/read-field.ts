import { contentStems } from "./split-words.ts";

/** What a field of the wanted answer is about, guessed from its name first and its description second. */
export type Meaning =
  | "summary"
  | "title"
  | "keyword"
  | "answer"
  | "reason"
  | "quote"
  | "question"
  | "date"
  | "time"
  | "year"
  | "money"
  | "currency"
  | "percentage"
  | "email"
  | "phone"
  | "url"
  | "person"
  | "organisation"
  | "place"
  | "name"
  | "role"
  | "language"
  | "sentiment"
  | "rating"
  | "confidence"
  | "identifier"
  | "count"
  | "statement"
  | "other";

export interface Field {
  /** Lower-case words of the name: "totalAmount" is "total amount". */
  readonly name: string;
  readonly description: string;
  readonly meaning: Meaning;
  /** Stems of name and description that can be looked for in the material. */
  readonly stems: ReadonlySet<string>;
}

// The first row that matches wins: narrow words stand above the general ones they contain.
const names: readonly (readonly [Meaning, RegExp])[] = [
  ["email", /\be ?mails?(?: address(?:es)?)?$|\bemail\b(?!.*\b(?:subject|body|text))/u],
  ["phone", /\b(?:phone|telephone|mobile|fax|tel)\b/u],
  ["url", /\b(?:urls?|links?|websites?|homepage|uri|web page)\b/u],
  ["currency", /\bcurrency\b/u],
  ["percentage", /\b(?:percent|percentages?|pct|share|growth rate|vat rate)\b/u],
  ["confidence", /\b(?:confidence|probability|certainty|likelihood)\b/u],
  ["sentiment", /\b(?:sentiment|tone|mood|polarity|attitude)\b/u],
  ["rating", /\b(?:rating|stars|score|satisfaction|severity level|grade)\b/u],
  [
    "identifier",
    /\b(?:id|ids|identifier|sku|reference|ref|serial|code|isbn|iban|tracking|ticket number|order number|invoice number|number)$/u,
  ],
  ["year", /\byears?$|^founded$/u],
  ["time", /\b(?:time of day|start time|end time|hour)$|^time$/u],
  [
    "date",
    /\b(?:dates?|day|deadline|published|due|birthday|when|timestamp|expir(?:y|es)|(?:created|updated|published|effective|starts?|ends?|opens?|closes?) (?:at|on|from))\b|^(?:start|end|starts|ends)$/u,
  ],
  [
    "money",
    /\b(?:amounts?|prices?|costs?|totals?|subtotal|revenue|fees?|budget|salary|fine|fundings?|investments?|value|turnover|profit|sum|refund|money|figures?)\b/u,
  ],
  [
    "count",
    /\b(?:counts?|number of|how many|quantity|qty|num|attendees|employees|people affected|age|duration|minutes|hours|days|length|size|distance|population)\b/u,
  ],
  ["quote", /\b(?:quotes?|quotations?|verbatim)\b/u],
  ["role", /\b(?:role|position|job title|job|occupation|profession)$/u],
  [
    "organisation",
    /\b(?:organi[sz]ations?|compan(?:y|ies)|org|orgs|employer|institutions?|firms?|brands?|publisher|vendors?|suppliers?|merchant|agency|business(?:es)?|affiliation|sellers?|issuer)\b/u,
  ],
  [
    "place",
    /\b(?:places?|locations?|cit(?:y|ies)|countr(?:y|ies)|regions?|address(?:es)?|venue|where|headquarters|town|state)\b/u,
  ],
  [
    "person",
    /\b(?:persons?|people|authors?|speakers?|contacts?|customers?|full name|first name|last name|surname|ceo|spokes(?:person|man|woman)|attendee|who|recipient|sender|employee|attributed to|signatory|candidate|participants?|byline|assignee)\b/u,
  ],
  ["language", /\blanguages?\b|^lang$|\blocale\b/u],
  ["title", /\b(?:title|headline|heading|subject|caption)\b/u],
  [
    "keyword",
    /\b(?:keywords?|tags?|topics?|themes?|key phrases?|keyphrases?|categor(?:y|ies)|terms?|subjects|products?|features?|skills?|concepts?|technolog(?:y|ies)|ingredients?)\b/u,
  ],
  ["question", /\bquestions?\b/u],
  ["reason", /\b(?:reasons?|reasoning|rationale|explanation|justification|evidence|why|cause|because)\b/u],
  ["answer", /\b(?:answers?|reply|response|result)\b/u],
  [
    "summary",
    /\b(?:summary|summaries|abstract|overview|tl ?dr|synopsis|gist|description|digest|brief|teaser|excerpt|lead|lede|about)\b/u,
  ],
  [
    "statement",
    /\b(?:bullets?|points?|takeaways?|highlights?|facts?|findings?|sentences?|events?|items?|steps?|actions?|issues?|problems?|claims?|insights?|notes?|details?|text|content|message|what|key|statement|passages?|paragraphs?)\b/u,
  ],
  ["name", /\b(?:names?|entit(?:y|ies))\b/u],
];

const phrases: readonly (readonly [Meaning, RegExp])[] = [
  ["email", /\be-?mail address/u],
  ["phone", /\b(?:phone|telephone) number/u],
  ["url", /\b(?:url|link|web address)\b/u],
  ["currency", /\bcurrency code|iso 4217/u],
  ["language", /\b(?:language of|iso 639)/u],
  ["percentage", /\b(?:percentage|per cent|percent)\b/u],
  ["date", /\b(?:date|day on which|iso 8601|yyyy-mm-dd|when)\b/u],
  ["money", /\b(?:amount|price|cost|sum of money|how much)\b/u],
  ["count", /\b(?:how many|number of)\b/u],
  ["person", /\b(?:name of the (?:person|author|customer|speaker)|person's name|person who|who)\b/u],
  ["organisation", /\b(?:name of the (?:company|organi[sz]ation)|company|organi[sz]ation)\b/u],
  ["place", /\b(?:city|country|where|location|place)\b/u],
  ["quote", /\b(?:quote|verbatim|word for word)\b/u],
  ["keyword", /\b(?:keywords?|tags?|topics?|key phrases?)\b/u],
  ["title", /\b(?:headline|title)\b/u],
  ["reason", /\b(?:reason|explain|why|justif)/u],
  ["answer", /\banswer/u],
  ["summary", /\b(?:summary|summari[sz]e|overview|what .{1,60} about|in one sentence|in two sentences|paragraph)\b/u],
  ["statement", /\b(?:bullet|takeaway|sentence|point|fact)s?\b/u],
];

// Words of descriptions that speak about the answer, not the material.
const descriptive = new Set(
  "text articl field valu string name list short sentenc word exact format date number iso code full null unknown given mention found document input extract return optional present includ customer user ticket releas stat each item array letter lower upper case plain key main".split(
    " ",
  ),
);

export function readField(name: string, description: string, format: string | undefined): Field {
  const words = name
    .replaceAll(/([\p{Ll}\p{N}])(\p{Lu})/gu, "$1 $2")
    .replaceAll(/[_\-.\s]+/gu, " ")
    .toLowerCase()
    .trim()
    .slice(0, 200);
  const lowerDescription = description.slice(0, 1_000).toLowerCase();
  const nameStems = contentStems(words);
  const descriptionStems = contentStems(lowerDescription).filter((stem) => !descriptive.has(stem));
  return {
    name: words,
    description: description.slice(0, 4_000),
    meaning: meaningOfFormat(format) ?? findMeaning(words, names) ?? findMeaning(lowerDescription, phrases) ?? "other",
    stems: new Set([...nameStems, ...descriptionStems]),
  };
}

function findMeaning(text: string, rows: readonly (readonly [Meaning, RegExp])[]): Meaning | undefined {
  return rows.find(([, pattern]) => pattern.test(text))?.[0];
}

function meaningOfFormat(format: string | undefined): Meaning | undefined {
  if (format === "date" || format === "date-time") return "date";
  if (format === "time") return "time";
  if (format === "email" || format === "idn-email") return "email";
  if (format === "uri" || format === "url" || format === "iri") return "url";
  if (format === "uuid") return "identifier";
  return undefined;
}
