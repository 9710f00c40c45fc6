import { describeProvider } from "../../testing/provider-conformance.ts";
import { openScriptedAnthropic } from "./scripted-anthropic-fixture.ts";

describeProvider("anthropic", async () => {
  const bench = await openScriptedAnthropic();
  return {
    provider: bench.provider,
    model: "claude-sonnet-4-5",
    answerWith: (text) => bench.server.script({ text }),
    close: () => bench.close(),
  };
});
