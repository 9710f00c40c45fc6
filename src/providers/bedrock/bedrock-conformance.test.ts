import { describeProvider } from "../../testing/provider-conformance.ts";
import { toDelta, toStop, toStream } from "./aws-frames-fixture.ts";
import { claude, openScriptedBedrock, toWhole } from "./scripted-bedrock-fixture.ts";

describeProvider("bedrock", async () => {
  let text = "Hello.";
  const scripted = await openScriptedBedrock((path) => {
    const pieces = text.match(/\s*\S+/g) ?? [];
    const frames = [...pieces.map((piece) => toDelta(0, { text: piece })), toStop(0)];
    return { body: path.endsWith("-stream") ? toStream(frames) : toWhole([{ text }]) };
  });
  return {
    provider: scripted.provider,
    model: claude,
    answerWith: (next) => {
      text = next;
    },
    close: () => scripted.close(),
  };
});
