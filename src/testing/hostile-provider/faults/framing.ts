import { setImmediate } from "node:timers/promises";
import type { Answer, Frame } from "../answer.ts";
import { toChunk, type Exchange } from "../exchange.ts";
import {
  cutFrames,
  defineFaults,
  toHarmless,
  sendFrames,
  toFrames,
  type FaultRow,
  type ScriptedFault,
} from "../fault.ts";

type Spelling = (frames: readonly Frame[], exchange: Exchange) => readonly (string | Buffer)[];

const spellings: readonly (readonly [name: string, what: string, spell: Spelling])[] = [
  ["byte-chunks", "Each byte in a chunk of its own.", (frames) => toBytes(toWire(frames))],
  ["one-chunk", "The whole stream in one chunk.", (frames) => [toWire(frames)]],
  ["crlf", "Lines end in CR LF.", (frames) => [toWire(frames).replaceAll("\n", "\r\n")]],
  ["cr", "Lines end in CR.", (frames) => [toWire(frames).replaceAll("\n", "\r")]],
  [
    "mixed-line-ends",
    "Lines end in LF, CR LF or CR, event by event.",
    (frames) => frames.map(({ wire }, index) => wire.replaceAll("\n", ["\n", "\r\n", "\r"][index % 3]!)),
  ],
  [
    "split-crlf",
    "Lines end in CR LF, cut between the two.",
    (frames) =>
      toWire(frames)
        .replaceAll("\n", "\r\n")
        .split(/(?<=\r)(?=\n)/),
  ],
  ["stream-bom", "A byte order mark before the first event.", (frames) => [`\uFEFF${toWire(frames)}`]],
  [
    "comments",
    "Comments before, after and within events.",
    (frames) => frames.map(({ wire }) => `: x\n${wire}: y\n\n:\n`),
  ],
  ["no-space", "No space after the colon.", (frames) => [toWire(frames).replaceAll(/^(data|event): /gm, "$1:")]],
  [
    "multi-line-data",
    "An event's data over two lines.",
    (frames) => frames.map(({ wire }) => wire.replace(/^data: (\{"\w+":(?:"[^"]*"|\d+),)/m, "data: $1\ndata: ")),
  ],
  ["unknown-fields", "Fields that no standard knows.", (frames) => frames.map(({ wire }) => `odd: 1\nodd\n${wire}`)],
  ["id-with-nul", "An id with a NUL.", (frames) => frames.map(({ wire }) => `id: a\0b\n${wire}`)],
  [
    "retry-field",
    "Fields that tell how soon to connect again.",
    (frames) => frames.map(({ wire }) => `retry: 1\n${wire}`),
  ],
  ["empty-events", "Events without data.", (frames) => frames.map(({ wire }) => `\n\nevent: nothing\n\n${wire}`)],
  ["no-last-blank", "No blank line after the last event.", (frames) => [toWire(frames).trimEnd()]],
  [
    "unknown-events",
    "Events of a type that the vendor added yesterday.",
    (frames, { request }) =>
      frames.map(({ wire }, index) => {
        if (index === 0) return wire;
        if (request.dialect === "openai-chat")
          return `data: {"object":"chat.completion.gremlin","choices":[]}\n\n${wire}`;
        return `event: gremlin\ndata: {"type":"gremlin","index":0}\n\n${wire}`;
      }),
  ],
];

/** D: a right answer whose events are cut, spelled or mixed in odd ways. Most of it is legal, and must do no harm. */
export const framingFaults: readonly ScriptedFault[] = defineFaults({ group: "D", appliesTo: "stream" }, [
  ...toHarmlessRows(),
  {
    name: "zero-chunk",
    what: "A chunk of no bytes, which ends the response, in the midst of the stream; the rest comes after it.",
    params: "after=3",
    run: async (exchange) => {
      const [head, rest] = cutFrames(toFrames(exchange), exchange.params.number("after", 3));
      await exchange.openStream();
      await exchange.send(head);
      await exchange.closeStream();
      await exchange.write(rest.map(({ wire }) => toChunk(wire).toString()).join(""));
      await exchange.fin();
    },
  },
  {
    name: "bad-chunk-size",
    what: "After some tokens a chunk whose size is no number.",
    params: "after=3",
    run: async (exchange) => {
      await exchange.openStream();
      await exchange.send(cutFrames(toFrames(exchange), exchange.params.number("after", 3))[0]);
      await exchange.write("zz\r\ndata: x\r\n");
      await exchange.fin();
    },
  },
  {
    name: "chunk-extensions",
    what: "16 KiB of chunk extensions on each chunk.",
    run: async (exchange) => {
      await exchange.openStream();
      const frames = toFrames(exchange);
      for (const { wire } of frames) {
        const size = Buffer.byteLength(wire).toString(16);
        await exchange.write(`${size};odd=${"y".repeat(16 * 1024)}\r\n${wire}\r\n`);
      }
      exchange.count(frames);
      await exchange.closeStream();
    },
  },
  {
    name: "huge-line",
    what: "One event whose line is very long, between good ones.",
    params: "bytes=10485760",
    run: (exchange) => {
      const [head, rest] = cutFrames(toFrames(exchange), 3);
      const padding = "y".repeat(exchange.params.number("bytes", 10 * 1024 * 1024));
      return sendFrames(exchange, [...head, toPadded(rest[0]!, padding), ...rest.slice(1)]);
    },
  },
  {
    name: "invalid-utf8",
    what: "Bytes within the text that are no UTF-8.",
    recoverable: false,
    run: async (exchange) => {
      const wire = Buffer.from(toWire(toFrames(exchange)));
      const word = exchange.answer.pieces[1] ?? "";
      const at = wire.indexOf(word) + 1;
      if (word !== "") wire[at] = 0xff;
      await sendWire(exchange, [wire]);
    },
  },
  {
    name: "split-surrogate",
    what: "A surrogate pair whose halves come in two events.",
    recoverable: false,
    run: (exchange) =>
      sendFrames(exchange, toFrames(exchange, withPieces(exchange, ["Half ", "\ud83d", "\ude00", " joined."]))),
  },
]);

function toHarmlessRows(): FaultRow[] {
  const rows = spellings.map(([name, what, spell]): FaultRow => ({
    name,
    what,
    run: (exchange) => sendWire(exchange, spell(toFrames(exchange), exchange)),
  }));
  const handmade: FaultRow[] = [
    {
      name: "byte-packets",
      what: "Each byte in a packet of its own.",
      run: async (exchange) => {
        await exchange.openStream();
        for (const frame of toFrames(exchange)) {
          exchange.count([frame]);
          for (const byte of toBytes(frame.wire)) {
            await exchange.chunk(byte);
            await setImmediate();
          }
        }
        await exchange.closeStream();
      },
    },
    {
      name: "split-characters",
      what: "Text of many alphabets and joined emoji, cut within its characters.",
      run: (exchange) => {
        const answer = withPieces(exchange, ["Grüße", " 你好", " 👩‍👩‍👧‍👦", " ✋🏽", " नमस्ते", " 🇩🇪."]);
        return sendWire(exchange, toBytes(toWire(toFrames(exchange, answer))), answer);
      },
    },
    {
      name: "trailers",
      what: "Trailers after the last chunk.",
      run: async (exchange) => {
        await exchange.openStream({ trailer: "x-checksum" });
        await exchange.send(toFrames(exchange));
        await exchange.write("0\r\nx-checksum: 1\r\n\r\n");
      },
    },
  ];
  return [...rows, ...handmade].map((row) => toHarmless(row));
}

function toWire(frames: readonly Frame[]): string {
  return frames.map(({ wire }) => wire).join("");
}

function toBytes(text: string): Buffer[] {
  const bytes = Buffer.from(text);
  return Array.from(bytes, (_byte, at) => bytes.subarray(at, at + 1));
}

async function sendWire(
  exchange: Exchange,
  chunks: readonly (string | Buffer)[],
  answer = exchange.answer,
): Promise<void> {
  await exchange.openStream();
  const written = exchange.write(
    Buffer.concat(chunks.filter(({ length }) => length > 0).map((bytes) => toChunk(bytes))),
  );
  exchange.countAnswer(answer);
  await written;
  await exchange.closeStream();
}

function withPieces({ answer }: Exchange, pieces: readonly string[]): Answer {
  return { ...answer, pieces, usage: { ...answer.usage, outputTokens: pieces.length } };
}

function toPadded(frame: Frame, padding: string): Frame {
  return { ...frame, wire: frame.wire.replace("data: {", `data: {"padding":"${padding}",`) };
}
