import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Message } from "../../message.ts";
import { collect, type Part } from "../../reply.ts";
import { systemClock } from "../../clock.ts";
import { HeadgateError } from "../../errors.ts";
import { parseJson, type JsonSchema } from "../../json.ts";
import type { ModelRequest, Provider } from "../provider.ts";
import { introduction } from "./answer-chat.ts";
import { createLocalProvider } from "./local.ts";

const article = `Harbour town switches its ferries to batteries

LINDHOLM, 12 March 2026 - The port authority of Lindholm will replace all six of its diesel ferries with battery-powered boats by 2029. The new fleet will cost €48 million, of which the national climate fund pays 60 percent.

"People here have breathed ferry smoke for seventy years, and they are tired of it," said Maren Holt, director of the Lindholm Port Authority. She expects the first boat to sail in May 2027.

Each ferry will carry 180 passengers and 24 cars across the sound, a trip of eleven minutes. Charging takes seven minutes at the quay, while passengers board. The boats are built by Norrvik Shipyard in Bergen, which has delivered similar ferries to Norway and Canada.

Not everyone is pleased. The local business association warned that ticket prices could rise by 15 percent, from $4.00 to $4.60 for a single crossing. "We support cleaner air, but commuters must not pay the bill alone," said Tomas Reyes, who runs a bakery on the island of Sula.

The utility Sundkraft must lay a new cable to the harbour before the first boat can be charged. A study by the University of Gothenburg found that the switch would cut the town's carbon emissions by 9,400 tonnes a year.

The council answers questions at ferries@lindholm.example or +47 55 12 34 56, and publishes the timetable on https://ferries.lindholm.example/timetable. A public meeting is planned for 2 April 2026 at 6:30 pm in the old town hall.`;

const oneLine = article.replaceAll(/\s+/gu, " ");

let provider: Provider;
beforeAll(() => {
  provider = createLocalProvider({ clock: systemClock });
});
afterAll(() => provider.close());

describe("a summary", () => {
  const schema = object({
    summary: { type: "string", maxLength: 400, description: "What happened, in one or two sentences." },
    bullets: { type: "array", items: { type: "string", maxLength: 140 }, minItems: 3, maxItems: 5 },
  });

  test("is made of the article's own sentences", async () => {
    const { summary } = (await fill(schema, about(article))) as { summary: string };
    expect(oneLine).toContain(summary.split(". ")[0]!);
    expect(summary).toMatch(/Lindholm will replace all six of its diesel ferries/u);
    expect(summary.length).toBeLessThanOrEqual(400);
  });

  test("comes with bullets that differ, fit, and are whole words of the article", async () => {
    const { summary, bullets } = (await fill(schema, about(article))) as { summary: string; bullets: string[] };
    expect(bullets.length).toBeGreaterThanOrEqual(3);
    expect(new Set(bullets).size).toBe(bullets.length);
    for (const bullet of bullets) {
      expect(bullet.length).toBeLessThanOrEqual(140);
      const words = bullet.replace(/…$/u, "");
      expect(oneLine).toContain(words);
      expect(oneLine.slice(oneLine.indexOf(words) + words.length)).toMatch(/^(?:[^\p{L}\p{N}]|$)/u);
      expect(summary).not.toContain(bullet);
    }
  });

  test("has the number of bullets that the description asks for", async () => {
    const asking = object({
      points: { type: "array", items: { type: "string" }, description: "Exactly four points." },
    });
    const { points } = (await fill(asking, about(article))) as { points: string[] };
    expect(points).toHaveLength(4);
  });
});

describe("an extraction", () => {
  test("finds people with their roles and quotes, and tells them from organisations and places", async () => {
    const nullable = { type: ["string", "null"] };
    const schema = object({
      people: { type: "array", items: object({ name: { type: "string" }, role: nullable, quote: nullable }) },
      organisations: { type: "array", items: { type: "string" } },
      places: { type: "array", items: { type: "string" } },
    });
    const answer = (await fill(schema, about(article))) as Record<string, unknown[]>;
    expect(answer["people"]).toEqual([
      {
        name: "Maren Holt",
        role: "director of the Lindholm Port Authority",
        quote: "People here have breathed ferry smoke for seventy years, and they are tired of it",
      },
      expect.objectContaining({
        name: "Tomas Reyes",
        quote: "We support cleaner air, but commuters must not pay the bill alone",
      }),
    ]);
    expect(answer["organisations"]).toEqual(
      expect.arrayContaining(["Lindholm Port Authority", "Norrvik Shipyard", "University of Gothenburg"]),
    );
    expect(answer["places"]).toEqual(expect.arrayContaining(["Bergen", "Norway", "Canada", "Sula"]));
  });

  test("writes dates as ISO and sums as numbers with their currency", async () => {
    const schema = object({
      published: { type: "string", format: "date" },
      meetingStartsAt: { type: "string", format: "date-time", description: "When the public meeting begins." },
      totalCost: object({ amount: { type: "number" }, currency: { type: "string" } }),
      subsidyPercentage: { type: "number" },
      passengers: { type: "integer", description: "Passengers per ferry." },
    });
    expect(await fill(schema, about(article))).toEqual({
      published: "2026-03-12",
      meetingStartsAt: "2026-04-02T18:30:00Z",
      totalCost: { amount: 48_000_000, currency: "EUR" },
      subsidyPercentage: 60,
      passengers: 180,
    });
  });

  test("takes over e-mail addresses, web addresses and telephone numbers as they are written", async () => {
    const schema = object({
      email: { type: "string", format: "email" },
      website: { type: "string", format: "uri" },
      phone: { type: "string" },
    });
    expect(await fill(schema, about(article))).toEqual({
      email: "ferries@lindholm.example",
      website: "https://ferries.lindholm.example/timetable",
      phone: "+47 55 12 34 56",
    });
  });

  test("leaves out, or answers null for, what the text does not hold", async () => {
    const schema = {
      type: "object",
      properties: {
        orderNumber: { type: ["string", "null"] },
        email: { anyOf: [{ type: "string", format: "email" }, { type: "null" }] },
        invoiceTotal: { type: "number" },
      },
      required: ["orderNumber", "email"],
    };
    expect(await fill(schema, about("The meeting was pleasant. Everybody enjoyed the soup and the walk."))).toEqual({
      orderNumber: null,
      email: null,
    });
  });

  test("reads labelled lines", async () => {
    const lines = "Order number: KX-20417\nCustomer: Ada Brandt\nTotal: 129.90 EUR\nDue date: 5 July 2026";
    const schema = object({
      orderNumber: { type: "string" },
      customer: { type: "string" },
      total: { type: "number" },
      dueDate: { type: "string", format: "date" },
    });
    expect(await fill(schema, about(lines))).toEqual({
      orderNumber: "KX-20417",
      customer: "Ada Brandt",
      total: 129.9,
      dueDate: "2026-07-05",
    });
  });
});

describe("a classification", () => {
  const schema = object({
    category: { enum: ["billing", "technical", "account", "shipping", "other"] },
    priority: { enum: ["low", "normal", "high"] },
    reason: { type: "string", maxLength: 200 },
    refundRequested: { type: "boolean" },
  });

  test("chooses the labels of a clear ticket and quotes what decides them", async () => {
    const ticket =
      "Subject: Charged twice\n\nMy card was charged twice for order A-10233. Please refund one payment urgently, I cannot pay my rent.";
    expect(await fill(schema, about(ticket))).toEqual({
      category: "billing",
      priority: "high",
      reason: expect.stringMatching(/^(?:My card was charged twice|Please refund one payment)/u) as string,
      refundRequested: true,
    });
  });

  test("follows what the instructions say about labels it has never seen", async () => {
    const labels = object({ desk: { enum: ["north", "south"] } });
    const instructions = "Choose a desk: north (fishing, harbours and ships), south (vineyards, wine and olives).";
    const wine = await fill(labels, about("The olives were small this year, and the wine will be late.", instructions));
    const fish = await fill(labels, about("Two ships left the harbours before dawn.", instructions));
    expect([wine, fish]).toEqual([{ desk: "south" }, { desk: "north" }]);
  });

  test("takes the object of a union whose constant fits", async () => {
    const union: JsonSchema = {
      oneOf: [
        object({ kind: { const: "complaint" }, problem: { type: "string" } }),
        object({ kind: { const: "praise" }, what: { type: "string" } }),
      ],
    };
    const answer = await fill(union, about("I am disappointed: the service was awful and the waiter was rude."));
    expect(answer).toMatchObject({ kind: "complaint" });
  });
});

describe("a chat", () => {
  test("answers a question with the passage that holds the answer", async () => {
    expect(await chat(`How long does charging take?\n\n${article}`)).toBe(
      "Charging takes seven minutes at the quay, while passengers board.",
    );
  });

  test("finds the material in an earlier message", async () => {
    const messages: Message[] = [
      { role: "user", content: article },
      { role: "assistant", content: "Thank you." },
      { role: "user", content: "When will the first boat sail?" },
    ];
    expect(await text({ messages })).toBe("She expects the first boat to sail in May 2027.");
  });

  test("gives as many bullet points as are asked for", async () => {
    const answer = await chat(`Summarise this in two bullet points:\n\n${article}`);
    expect(answer.split("\n")).toHaveLength(2);
    for (const line of answer.split("\n")) expect(oneLine).toContain(line.slice(2));
  });

  test("says what it is and how to get a model when there is no text to work on", async () => {
    expect(await chat("hello")).toBe(introduction);
    expect(await chat("What is the capital of France?")).toBe(introduction);
    expect(introduction).toContain("not a language model");
  });

  test("stops before a stop sequence", async () => {
    const answer = await text({ messages: about(article), settings: { stop: ["diesel"] } });
    expect(answer).toMatch(/all six of its $/u);
  });
});

describe("a reply", () => {
  const request: Partial<ModelRequest> = {
    messages: about(article),
    output: { name: "answer", schema: object({ summary: { type: "string" }, tags: { type: "array", items: {} } }) },
  };

  test("is the same bytes for the same request", async () => {
    expect(await text(request)).toBe(await text(request));
  });

  test("streams the text of the plain reply in word-sized parts, then usage, then finish", async () => {
    const reply = await generate({ ...request, stream: true });
    const parts: Part[] = [];
    for await (const part of reply.parts) parts.push(part);
    const words = parts.filter((part) => part.type === "text");
    expect(words.map((part) => part.text).join("")).toBe(await text(request));
    expect(words.length).toBeGreaterThan(20);
    expect(Math.max(...words.map((part) => part.text.length))).toBeLessThan(26);
    expect(parts.slice(words.length).map((part) => part.type)).toEqual(["usage", "finish"]);
    const usage = parts.at(-2) as Extract<Part, { type: "usage" }>;
    expect(usage.usage).toMatchObject({ outputTokens: words.length, isEstimated: true });
  });

  test("ends at maxOutputTokens with the reason length", async () => {
    const whole = await collect(await generate(request));
    const cut = await collect(await generate({ ...request, settings: { maxOutputTokens: 7 } }));
    expect(whole.finishReason).toBe("stop");
    expect(cut).toMatchObject({ finishReason: "length", usage: { outputTokens: 7 } });
    expect(whole.text.startsWith(cut.text)).toBe(true);
  });

  test("stops between parts once the call is cancelled", async () => {
    const controller = new AbortController();
    const reply = await generate({ ...request, stream: true }, controller.signal);
    const seen: Part[] = [];
    const reading = (async () => {
      for await (const part of reply.parts) {
        seen.push(part);
        if (seen.length === 3) controller.abort();
      }
    })();
    await expect(reading).rejects.toMatchObject({ code: "request_cancelled" });
    expect(seen).toHaveLength(3);
  });

  test("is refused for a call that is already cancelled", async () => {
    await expect(generate(request, AbortSignal.abort())).rejects.toMatchObject({ code: "request_cancelled" });
  });

  test("ends with deadline_exceeded when the deadline passes while a long text is read", async () => {
    let reads = 0;
    const clock = { ...systemClock, now: () => (reads++ < 3 ? 0 : 10_000) };
    const late = createLocalProvider({ clock });
    const failure = late.generate(complete({ messages: about(article.repeat(40)) }), {
      signal: new AbortController().signal,
      deadlineMs: 5_000,
      warn: () => {},
    });
    await expect(failure).rejects.toSatisfy((error) => HeadgateError.is(error, "deadline_exceeded"));
  });

  test("lets other work run while a long text is read", async () => {
    let turns = 0;
    const tick = (): void => {
      turns++;
      pending = setImmediate(tick);
    };
    let pending = setImmediate(tick);
    await generate({ messages: about(article.repeat(60)) });
    clearImmediate(pending);
    expect(turns).toBeGreaterThan(20);
  });
});

function object(properties: Readonly<Record<string, unknown>>): JsonSchema {
  return { type: "object", properties, required: Object.keys(properties), additionalProperties: false };
}

function about(material: string, instructions = "Work on the text between the tags."): Message[] {
  return [
    { role: "system", content: instructions },
    { role: "user", content: `Here is the text.\n\n<article>\n${material}\n</article>` },
  ];
}

function complete(request: Partial<ModelRequest>): ModelRequest {
  return { model: "extractive", messages: [], settings: {}, stream: false, ...request };
}

function generate(request: Partial<ModelRequest>, signal = new AbortController().signal) {
  return provider.generate(complete(request), { signal, deadlineMs: systemClock.now() + 60_000, warn: () => {} });
}

async function text(request: Partial<ModelRequest>): Promise<string> {
  return (await collect(await generate(request))).text;
}

async function fill(schema: JsonSchema, messages: readonly Message[]): Promise<unknown> {
  return parseJson(await text({ messages, output: { name: "answer", schema } }));
}

function chat(content: string): Promise<string> {
  return text({ messages: [{ role: "user", content }] });
}
