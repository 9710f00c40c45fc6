import { describe, expect, test } from "vitest";
import { replayAdapters } from "../replay/adapters.ts";
import { loadRecordings, type Recording } from "../replay/recording.ts";
import { compare } from "./compare.ts";
import { oracles } from "./oracles.ts";

const recordings = loadRecordings();

describe.each(oracles)("$name", (oracle) => {
  const adapter = replayAdapters.find(({ name }) => name === oracle.name)!;
  const isAnswer = (recording: Recording): boolean => adapter.expect(recording).type === "answer";
  const candidates = recordings?.filter((recording) => adapter.covers(recording)) ?? adapter.handWritten;
  const covered = candidates.filter((recording) => isAnswer(recording) && oracle.covers(recording));

  test.each(covered)("$provider $id is read as the AI SDK reads it, or with a reason", async (recording) => {
    const differences = await compare(oracle, adapter, recording);
    expect(differences.filter(({ reason }) => reason === undefined)).toEqual([]);
  });
});
