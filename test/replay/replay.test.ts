import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { replayAdapters } from "./adapters.ts";
import { loadRecordings } from "./recording.ts";
import { createReplayer, type Replayer } from "./replay.ts";

let replayer: Replayer;
beforeAll(async () => {
  replayer = await createReplayer();
});
afterAll(() => replayer.close());

const recordings = loadRecordings();

describe.each(replayAdapters)("$name", (adapter) => {
  const covered = recordings?.filter((recording) => adapter.covers(recording)) ?? adapter.handWritten;
  test.each(covered)("$provider $id says what it holds, however its bytes are cut", async (recording) => {
    const differences = await replayer.replay(adapter, recording);
    const isDeliberate = adapter.differences?.[recording.id] !== undefined;
    expect(isDeliberate ? differences.length > 0 : differences).toEqual(isDeliberate ? true : []);
  });
});
