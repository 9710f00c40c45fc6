import { chatClient } from "./clients/chat.ts";
import type { MatrixClient } from "./clients/client.ts";
import { messagesClient } from "./clients/messages.ts";
import { responsesClient } from "./clients/responses.ts";

/** Every dialect that requests come in. */
export const matrixClients: readonly MatrixClient[] = [chatClient, responsesClient, messagesClient];
