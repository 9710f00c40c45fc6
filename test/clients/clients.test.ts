import { afterAll, beforeAll } from "vitest";
import { describeAiSdk } from "./describe-ai-sdk.ts";
import { describeAnthropic } from "./describe-anthropic.ts";
import { describeGuide } from "./describe-guide.ts";
import { describeLangChain } from "./describe-langchain.ts";
import { describeOpenAiChat } from "./describe-openai-chat.ts";
import { describeOpenAiOthers } from "./describe-openai-others.ts";
import { describeOpenAiResponses } from "./describe-openai-responses.ts";
import { openStage, type Stage } from "./stage.ts";

// One server for all clients.
let stage: Stage;

beforeAll(async () => {
  stage = await openStage();
});

afterAll(() => stage.close());

const open = (): Stage => stage;

describeAiSdk(open);
describeAnthropic(open);
describeGuide(open);
describeLangChain(open);
describeOpenAiChat(open);
describeOpenAiResponses(open);
describeOpenAiOthers(open);
