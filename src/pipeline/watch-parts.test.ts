import { expect, test } from "vitest";
import type { Part } from "../reply.ts";
import { watchParts } from "./watch-parts.ts";

const finish: Part = { type: "finish", reason: "stop" };

function createSource(): { readonly parts: AsyncIterable<Part>; readonly log: string[] } {
  const log: string[] = [];
  const source: AsyncIterator<Part> = {
    next: () => Promise.resolve({ done: false, value: finish }),
    return: () => {
      log.push("source closed");
      return Promise.resolve({ done: true, value: undefined });
    },
  };
  return { parts: { [Symbol.asyncIterator]: () => source }, log };
}

test("a part that cannot be passed on ends the stream, and its source is closed", async () => {
  const { parts, log } = createSource();
  const onPart = async (): Promise<void> => {
    throw new Error("The disk is full.");
  };
  const watched = watchParts(parts, { onPart, onEnd: ({ type }) => void log.push(type) });
  const read = async (): Promise<void> => {
    for await (const part of watched) log.push(part.type);
  };
  await expect(read()).rejects.toThrow("The disk is full.");
  expect(log).toEqual(["source closed", "failed"]);
});

test("a reader that leaves before the first part closes the source", async () => {
  const { parts, log } = createSource();
  const watched = watchParts(parts, { onEnd: ({ type }) => void log.push(type) });
  await watched[Symbol.asyncIterator]().return?.();
  expect(log).toEqual(["source closed", "left"]);
});
