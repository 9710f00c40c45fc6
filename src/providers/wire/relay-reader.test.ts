import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect, test } from "vitest";
import type { Part } from "../../reply.ts";
import type { AnswerReader } from "./answer-reader.ts";
import { createRelayReader } from "./relay-reader.ts";

function createWords(): AnswerReader {
  return {
    hasReason: false,
    read: ({ data }) => (data === "" ? { type: "ignored" } : { type: "chunk", parts: [{ type: "text", text: data }] }),
    end: () => [],
  };
}

test("what waits for the first word goes with it, in order, however much it is", () => {
  const reader = createRelayReader(createWords());
  const lines = Array.from({ length: 1000 }, (_, index) => (index % 3 === 0 ? `data:\n\n` : `: ${index}\n\n`));
  const parts: Part[] = [];
  for (const line of lines) reader.feed(Buffer.from(line), parts);
  expect(parts).toEqual([]);
  reader.feed(Buffer.from("data: x\n\n"), parts);
  expect(parts).toMatchObject([{ type: "raw", says: [{ type: "text", text: "x" }] }]);
  expect(Buffer.from((parts[0] as { bytes: Uint8Array }).bytes).toString()).toBe(`${lines.join("")}data: x\n\n`);
});

test("what waits takes little more than its bytes", () => {
  setFlagsFromString("--expose-gc");
  const collectGarbage = runInNewContext("gc") as () => void;
  const reader = createRelayReader(createWords());
  const bytes = Buffer.from(":\n\n".repeat(5000));
  collectGarbage();
  const before = process.memoryUsage().heapUsed;
  for (let times = 0; times < 100; times++) reader.feed(Buffer.from(bytes), []);
  collectGarbage();
  const grownBytes = process.memoryUsage().heapUsed - before;
  expect(grownBytes).toBeLessThan(10 * 1024 * 1024);
  // Held until here.
  expect(reader.hasReason).toBe(false);
});
