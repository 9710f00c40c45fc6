import * as fc from "fast-check";
import { expect, test } from "vitest";
import type { ModelRequest } from "../../providers/provider.ts";
import { failed, finish, relay, say, World, type Answer, type Step } from "./model-fixture.ts";
import { anyAnswer, anyBreak, anyChunks, anyRepetitiveText, chunk } from "./rescue/broken-answers-fixture.ts";

const cut = failed("stream_cut");

/** How a model answers that is asked after the first has broken. */
const anyBehaviour = fc.record({
  /** `same`: it says the same again; `other`: it says something else when it is asked anew. */
  says: fc.constantFrom("same", "other"),
  breaksAt: fc.option(anyBreak, { nil: undefined, freq: 1 }),
  chunks: anyChunks,
});

type Behaviour = typeof anyBehaviour extends fc.Arbitrary<infer Value> ? Value : never;

interface Told {
  readonly full: string;
  readonly behaviour: Behaviour;
}

/** A model that does as it is asked: it says all of the text, or goes on with it from the words that it is told to begin with. */
function answer({ messages }: ModelRequest, { full, behaviour }: Told): Step[] {
  const { says, breaksAt, chunks } = behaviour;
  const text = goOn(messages, full) ?? (says === "same" ? full : `Otherwise: ${full}`);
  if (breaksAt === undefined) return [...chunk(text, chunks).map(say), finish];
  return [...chunk(text.slice(0, Math.floor(breaksAt * text.length)), chunks).map(say), cut];
}

function goOn(messages: ModelRequest["messages"], full: string): string | undefined {
  const [before, last] = messages.slice(-2).map(({ content }) => (typeof content === "string" ? content : ""));
  if (messages.at(-1)?.role === "assistant") return full.slice(last!.length);
  const [, anchor] = /<last-words[-0-9]*>\n([^]*)\n<\/last-words[-0-9]*>/.exec(last ?? before!) ?? [];
  return anchor === undefined ? undefined : anchor + full.slice(before!.length);
}

test("a client has all of the text, or the beginning of it and an error", { timeout: 60_000 }, async () => {
  const anyText = fc.oneof(anyAnswer, anyRepetitiveText).filter((text) => text.trim() !== "");
  let rescued = 0;
  let runs = 0;
  await fc.assert(
    fc.asyncProperty(
      anyText,
      anyBreak,
      anyChunks,
      fc.tuple(anyBehaviour, anyBehaviour),
      fc.boolean(),
      fc.boolean(),
      async (full, at, chunks, behaviours, isRelayed, continuesAnswers) => {
        // Of an answer that nobody has read a word of, whatever comes is one.
        const least = full.length - full.trimStart().length + 1;
        const pieces = chunk(full.slice(0, Math.max(least, Math.floor(at * full.length))), chunks);
        const first: Answer = [...pieces.map(isRelayed ? relay : say), cut];
        const others = behaviours.map(
          (behaviour): Answer =>
            (request) =>
              answer(request, { full, behaviour }),
        );
        const world = new World({
          script: { p: [first], q: [others[0]!], r: [others[1]!], s: [] },
          call: { stream: true },
          provider: { continuesAnswers: () => continuesAnswers },
        });
        const { text, error, parts } = await world.read();
        expect(text).toBe(error ? full.slice(0, text.length) : full);
        expect(parts.filter(({ type }) => type === "finish")).toHaveLength(error ? 0 : 1);
        expect(world.asked.length).toBeLessThanOrEqual(3);
        world.expectNothingLeft();
        world.forget();
        runs++;
        if (!error) rescued++;
      },
    ),
    { numRuns: 600 },
  );
  // The rule would hold of a gateway that never rescues.
  expect(rescued / runs).toBeGreaterThan(0.4);
});
