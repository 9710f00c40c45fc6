import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { findAnchor } from "./anchor.ts";
import {
  answers,
  anyAnswer,
  anyBreak,
  anyChunks,
  anyRepetitiveText,
  chunk,
  feed,
  type Fed,
} from "./broken-answers-fixture.ts";
import { endsTorn } from "./joint.ts";
import { createSeam } from "./seam.ts";

interface Broken {
  readonly text: string;
  readonly sent: string;
  /** What the client lacks. */
  readonly rest: string;
  readonly anchor: string;
  /** What follows the last visible character that was sent. */
  readonly follows: string;
  /** Before the anchor. */
  readonly before: string;
}

function breakAt(text: string, at: number): Broken | undefined {
  const sent = text.slice(0, at);
  const anchor = findAnchor(sent);
  if (anchor === undefined || endsTorn(sent)) return undefined;
  const end = sent.trimEnd().length;
  return {
    text,
    sent,
    rest: text.slice(at),
    anchor,
    follows: text.slice(end),
    before: text.slice(0, end - anchor.length),
  };
}

function follow(sent: string, continuation: string, lengths: readonly number[] = [3, 1, 5]): Fed {
  return feed(createSeam(sent, "instruction"), chunk(continuation, lengths));
}

/** How models follow the instruction, well and not so well. */
const obedient: readonly (readonly [string, (broken: Broken) => string])[] = [
  ["repeats the anchor", ({ anchor, follows }) => anchor + follows],
  ["begins with line breaks and a capital letter", ({ anchor, follows }) => `\n\n${capitalize(anchor)}${follows}`],
  ["has other white space in the anchor", ({ anchor, follows }) => anchor.replaceAll(/\s+/g, " ") + follows],
  ["shows that it goes on", ({ anchor, follows }) => `...${anchor}${follows}`],
  ["shows it by a sign", ({ anchor, follows }) => `… ${anchor}${follows}`],
  [
    "talks before it begins",
    ({ anchor, follows }) => `Sure, here is the continuation of the message:\n\n${anchor}${follows}`,
  ],
  ["talks in another language", ({ anchor, follows }) => `Entschuldigung, ich schreibe weiter:\n${anchor}${follows}`],
];

/** How models follow it badly, so that more may have to be refused. */
const clumsy: readonly (readonly [string, (broken: Broken) => string])[] = [
  ["repeats more than the anchor", ({ before, anchor, follows }) => before.slice(-60) + anchor + follows],
  ["starts over", ({ text }) => text],
];

function capitalize(text: string): string {
  return text.slice(0, 1).toUpperCase() + text.slice(1);
}

describe.each(obedient)("a model that %s", (_, write) => {
  test("is joined exactly, wherever the answer broke, but for a word that may go on", () => {
    fc.assert(
      fc.property(anyAnswer, anyBreak, anyChunks, (text, fraction, lengths) => {
        const broken = breakAt(text, Math.round(fraction * text.length));
        fc.pre(broken !== undefined);
        const fed = follow(broken.sent, write(broken), lengths);
        const joined = { text: broken.rest, because: "anchor" };
        expect(fed).toMatchObject(fed.state === "joined" ? joined : { text: "", because: "word-boundary" });
      }),
      { numRuns: 300 },
    );
  });

  test("is joined at nearly every place", () => {
    const breaks = Object.values(answers).flatMap((text) =>
      Array.from(text, (_character, at) => breakAt(text, at)).filter((broken) => broken !== undefined),
    );
    const joined = breaks.filter((broken) => follow(broken.sent, write(broken), [40]).state === "joined");
    expect(joined.length).toBeGreaterThanOrEqual(0.99 * breaks.length);
  });
});

describe.each(clumsy)("a model that %s", (_, write) => {
  test("is joined exactly or refused", () => {
    fc.assert(
      fc.property(anyAnswer, anyBreak, anyChunks, (text, fraction, lengths) => {
        const broken = breakAt(text, Math.round(fraction * text.length));
        fc.pre(broken !== undefined);
        const { text: passed, state } = follow(broken.sent, write(broken), lengths);
        expect(passed).toBe(state === "joined" ? broken.rest : "");
      }),
      { numRuns: 600 },
    );
  });
});

test.each(Object.values(answers))(
  "a model that starts over is mostly followed to where the answer broke: %.20s",
  (text) => {
    const breaks = Array.from(text, (_, at) => breakAt(text, at)).filter((broken) => broken !== undefined);
    const joined = breaks.filter(({ sent }) => follow(sent, text, [40]).state === "joined");
    expect(joined.length).toBeGreaterThan(0.5 * breaks.length);
  },
);

test("text in which everything repeats is joined exactly or refused, whatever it is made of", () => {
  fc.assert(
    fc.property(anyRepetitiveText, anyBreak, anyChunks, (text, fraction, lengths) => {
      const broken = breakAt(text, Math.round(fraction * text.length));
      fc.pre(broken !== undefined);
      const { text: passed, state } = follow(broken.sent, broken.anchor + broken.follows, lengths);
      expect(passed).toBe(state === "joined" ? broken.rest : "");
    }),
    { numRuns: 3000 },
  );
});

test("nothing is passed on from an answer that starts over and comes to say something else", () => {
  fc.assert(
    fc.property(anyAnswer, anyBreak, anyBreak, anyChunks, (text, fraction, other, lengths) => {
      const broken = breakAt(text, Math.round(fraction * text.length));
      fc.pre(broken !== undefined && broken.sent.trim().length > 40);
      const agreed = 33 + Math.floor(other * (broken.sent.trim().length - 34));
      const again = `${broken.sent.trim().slice(0, agreed)}§§ and so on, in other words. `;
      expect(follow(broken.sent, again.repeat(3), lengths)).toMatchObject({ text: "", state: "refused" });
    }),
    { numRuns: 600 },
  );
});

test("once joined, pieces are passed on as they come, and no character is torn", () => {
  const seam = createSeam("The quick brown fox jum", "instruction");
  expect(seam.push("The quick brown fox jumps o")).toBe("ps o");
  expect(seam).toMatchObject({ state: "joined", proof: "anchor" });
  expect(seam.push("ver 🎉".slice(0, -1))).toBe("ver ");
  expect(seam.push("🎉".slice(-1))).toBe("🎉");
  expect(seam.push("")).toBe("");
  expect(seam.end()).toBe("");
});

test("a message that was complete already is joined by its last words alone", () => {
  expect(follow("That is all there is to say.\n", "That is all there is to say.")).toMatchObject({
    text: "",
    state: "joined",
  });
});

const fox = "It was a sunny day, and the quick brown fox";

describe("white space at the joint is exactly what is missing:", () => {
  test.each([
    [fox, `${fox} jumps`, " jumps"],
    [`${fox} `, `${fox} jumps`, "jumps"],
    [fox, `${fox}es jump`, "es jump"],
    [fox, `${fox}, too`, ", too"],
    [fox, `${fox}\n\n- one`, "\n\n- one"],
    [`${fox} `, `${fox}\n\n- one`, "\n\n- one"],
    [`${fox}\n`, `${fox}\n\n- one`, "\n- one"],
    [`${fox}\n\n`, `${fox}\n\n- one`, "- one"],
    [`${fox}\n\n`, `${fox}\n- one`, "- one"],
    [`${fox}:\n`, `${fox}:\n    one`, "    one"],
    [`${fox}:\n  `, `${fox}:\n    one`, "  one"],
  ])("%j, then %j", (sent, continuation, passed) => {
    expect(follow(sent, continuation)).toMatchObject({ state: "joined", text: passed });
  });
});

describe("a word at the joint is never guessed:", () => {
  test.each([
    ["the word goes on after a blank was sent", `${fox} `, `${fox}es jump`],
    [
      "the broken word is written again in full",
      "It was a sunny day, and the quick bro",
      "a sunny day, and the quick bro brown fox",
    ],
    ["the last word is written twice", fox, `${fox} fox jumps`],
    ["the last word is written twice after a blank", `${fox} `, `${fox} Fox jumps`],
    ["the last words are written twice", fox, `${fox} ${fox} jumps`],
    ["the model begins with the next word", fox, "jumps over the lazy dog, and then it runs off."],
    ["it begins with the rest of a word", "It was a sunny day, and the quick bro", "wn fox jumps over the lazy dog."],
    ["it begins with the broken word", "It was a sunny day, and the quick bro", "brown fox jumps over the lazy dog."],
    ["it begins with a blank and the broken word", "It was a sunny day, and the quick bro", " brown fox jumps over."],
    ["it begins another sentence", `${fox} `, "Jumping is what foxes like best of all."],
    ["it begins another paragraph", fox, "\n\nJumping is what foxes like best of all."],
    ["it begins with dots", fox, "... jumps over the lazy dog."],
    ["it begins with two of the last words", fox, "brown fox jumps over the lazy dog"],
    ["it begins with two of the last words after a blank", `${fox} `, "brown fox jumps over the lazy dog"],
    ["it begins with few and short ones", "That is the question: whether it is to be or", "to be or not to be"],
    ["a line of code follows another", "It is this:\n\n```python\ndef f():\n", "return 1\n```\n"],
    ["a number may go on", "The price is 12, and the sum is 3.", "14 in all, which is not much."],
    ["an address may go on", "You find all of it at www.example.", "com, where else would it be?"],
  ])("%s", (_, sent, continuation) => {
    expect(follow(sent, continuation)).toMatchObject({ text: "", state: "refused" });
  });

  test("what the text shows to be meant is no doubt", () => {
    expect(
      follow("It is very very cold here, and it is very", "very very cold here, and it is very very wet").text,
    ).toBe(" very wet");
    expect(follow("He saw the cat, and then he saw the", "He saw the cat, and then he saw the theatre").text).toBe(
      " theatre",
    );
  });
});

describe("a model that repeats nothing is never joined, however well it reads on:", () => {
  test.each([
    ["a blank was sent", `${fox} `, "jumps over the lazy dog."],
    ["it begins with a blank", fox, " jumps over the lazy dog."],
    ["both", `${fox} `, " jumps over the lazy dog."],
    ["it begins with a comma", fox, ", which was tired, lay down."],
    ["a sentence was over", `${fox} jumped.`, "Then it ran off."],
    ["a sentence and a blank", `${fox} jumped. `, "Then it ran off."],
    ["a sentence, then a paragraph", `${fox} jumped.`, "\n\nThen it ran off."],
    ["a line was over", `- ${fox}\n`, "- the lazy dog\n- a cat"],
    ["a sentence without spaces", "巴黎是法国的首都，位于塞纳河畔。", "大约有两百万人口。"],
  ])("%s", (_, sent, continuation) => {
    expect(follow(sent, continuation)).toMatchObject({ text: "", because: "undecided" });
  });

  test("it is refused with its first line, or with enough of it", () => {
    const seam = createSeam(`${fox} jumped. `, "instruction");
    seam.push("Then it ");
    expect(seam.state).toBe("open");
    seam.push("ran off.\n");
    expect(seam.state).toBe("refused");
    const long = createSeam(`${fox} jumped. `, "instruction");
    const pieces = chunk("Then it ran off into the deep. ".repeat(20), [10]);
    expect(pieces.findIndex((piece) => long.push(piece) !== "" || long.state === "refused")).toBe(19);
  });
});

describe("talk about going on is never taken for the answer:", () => {
  test.each([
    "Sure, here is the continuation:\n\nThen it ran off into the deep dark woods.",
    "Continuing: Then it ran off into the deep dark woods.",
    "I'm sorry for the interruption. Then it ran off into the deep dark woods.",
    "Hier geht es weiter:\n\nDann lief er fort.",
    "```\nThen it ran off into the deep dark woods.\n```",
    `"${fox} jumped." Then it ran off.`,
    `You stopped at "${fox} jumped." Then it ran off.`,
    `<last-words>\n${fox} jumped.\n</last-words>\nThen it ran off.`,
    `\`\`\`\n${fox} jumped. Then it ran off.\n\`\`\``,
    `[Continued] Then it ran off.`,
    `Sure. ${"That was where it had come to. ".repeat(9)}\n\n${findAnchor(`${fox} jumped.`)} Then it ran off.`,
    "I was cut off there. Then it ran off into the deep dark woods.",
    "The last message ended here. Then it ran off into the deep dark woods.",
    "Unfortunately, this is something that I cannot help with.",
    `\`\`\`\n${findAnchor(`${fox} jumped.`)} Then it ran off.\n\`\`\``,
    `${"I was cut off, and have to think about where it was. ".repeat(6)}\n\n${fox} jumped. Then it ran off.`,
  ])("%s", (continuation) => {
    expect(follow(`${fox} jumped. `, continuation)).toMatchObject({ text: "", state: "refused" });
  });

  test("short talk before all of the last line is left out", () => {
    expect(findAnchor(`${fox} jumped.`)).not.toMatch(/^It/);
    for (const talk of ["Sure, here it is:", "I go on from here.", "Ich schreibe weiter:"]) {
      expect(follow(`One.\n${fox} jumped. `, `${talk}\n\n${fox} jumped. Then it ran off.`)).toMatchObject({
        text: "Then it ran off.",
        because: "anchor",
      });
    }
  });

  test("a block of code that is opened again goes on", () => {
    const sent = "Here it is:\n\n```python\ndef total(items):\n    result = 0\n    for item in it";
    const continuation = `\`\`\`python\n${findAnchor(sent)}ems:\n        pass\n\`\`\`\n`;
    expect(follow(sent, continuation)).toMatchObject({
      state: "joined",
      text: "ems:\n        pass\n```\n",
    });
  });
});

test("what repeats a part of what was sent, but not its end, is refused", () => {
  const sent = `${answers.prose} And that is why so many people come back. `;
  expect(follow(sent, "it lies on the Seine, and about two million people live there. More follows.")).toMatchObject({
    text: "",
    state: "refused",
  });
});

test("all of what was sent once more is a refrain, or an answer that starts over: where a refrain can begin, it is refused", () => {
  const stanza = "Row, row, row your boat,\nGently down the stream,\nMerrily, merrily, life is but a dream.";
  expect(follow(stanza, `${stanza}\nAnd so on.`)).toMatchObject({ text: "", because: "repetition" });
  expect(follow(stanza.slice(0, -7), `${stanza}\nAnd so on.`).text).toBe(" dream.\nAnd so on.");
});

test("no more than 4096 characters are held back", () => {
  const sent = "lorem ipsum dolor sit amet ".repeat(400);
  const seam = createSeam(`${sent}and then it ended`, "instruction");
  const pieces = chunk(sent, [64]);
  const at = pieces.findIndex((piece) => {
    seam.push(piece);
    return seam.state !== "open";
  });
  expect(at * 64).toBeLessThanOrEqual(4096);
  expect(seam).toMatchObject({ state: "refused" });
});

test("there is nothing to join to without words to go on from, or within a character", () => {
  expect(createSeam("Hi", "instruction")).toMatchObject({ state: "refused", refusal: "no-anchor" });
  expect(createSeam(" \n", "prefill")).toMatchObject({ state: "refused", refusal: "no-anchor" });
  expect(createSeam(`${fox} \ud83d`, "prefill")).toMatchObject({ state: "refused", refusal: "torn-character" });
  expect(createSeam("very ".repeat(400), "instruction")).toMatchObject({ state: "refused", refusal: "no-anchor" });
  expect(feed(createSeam("Hi", "instruction"), ["Hi there"])).toMatchObject({ text: "", because: "no-anchor" });
});

describe("a model that goes on by itself", () => {
  const goOn = (sent: string, continuation: string, lengths: readonly number[] = [3, 1, 5]): Fed =>
    feed(createSeam(sent, "prefill"), chunk(continuation, lengths));

  test("is taken as it is, but for white space that was left out of what it was told", () => {
    fc.assert(
      fc.property(fc.oneof(anyAnswer, anyRepetitiveText), anyBreak, anyChunks, (text, fraction, lengths) => {
        const sent = text.slice(0, Math.round(fraction * text.length));
        fc.pre(sent.trim() !== "" && !endsTorn(sent));
        const fed = goOn(sent, text.slice(sent.trimEnd().length), lengths);
        const joined = { text: text.slice(sent.length), because: "prefill" };
        expect(fed).toMatchObject(fed.state === "joined" ? joined : { text: "", because: "repetition" });
      }),
      { numRuns: 3000 },
    );
  });

  test.each([
    ["within a word", "The quick bro", "wn fox", "wn fox"],
    ["before a word", "The quick", " brown", " brown"],
    ["after a blank", "The quick ", " brown", "brown"],
    ["with words that repeat", "It was very very", " very cold", " very cold"],
    ["with indentation", "def f():\n  ", "\n    return", "  return"],
  ])("%s", (_, sent, continuation, passed) => {
    expect(goOn(sent, continuation)).toMatchObject({ text: passed, because: "prefill" });
  });

  test("is refused where it goes on with a word after a blank was sent", () => {
    expect(goOn("The quick ", "er it is")).toMatchObject({ text: "", because: "word-boundary" });
  });

  test("is followed where it returns the beginning as well, and refused where it may", () => {
    expect(goOn(fox, `${fox} jumps`)).toMatchObject({ text: " jumps", because: "agreement" });
    expect(goOn(fox, `${fox.slice(0, -3)}dog`)).toMatchObject({ text: "", because: "diverged" });
    expect(feed(createSeam(fox, "prefill"), [`${fox} \ud83c`, "\udf89!"]).text).toBe(" 🎉!");
    const line = "Row, row, row your boat, gently down the stream, ";
    expect(goOn(line + line, ` ${line}${line}home`)).toMatchObject({ text: "", because: "repetition" });
    const long = answers.prose.slice(0, 150);
    expect(goOn(long, ` ${findAnchor(long)} and more`)).toMatchObject({ text: "", because: "repetition" });
    expect(goOn("Ha ha", "Ha ha ha")).toMatchObject({ text: "", because: "repetition" });
    expect(goOn(`${fox} jumps.`, `${fox} jumps.`)).toMatchObject({ text: "", because: "repetition" });
  });
});
