import { HeadgateError } from "../errors.ts";
import type { OpenGateway } from "../gateway.ts";
import { withAdminClient } from "./admin-client.ts";
import { openDataFolder } from "./data-folder.ts";
import { findServer } from "./find-server.ts";

export type TokenEstimate = ReturnType<OpenGateway["listTokenEstimates"]>[number];

/** What the project's running server has learned of its models' tokens. @throws HeadgateError `not_ready` without one */
export async function listTokenEstimates(projectFolder: string): Promise<readonly TokenEstimate[]> {
  const server = await findServer(openDataFolder(projectFolder));
  if (!server)
    throw new HeadgateError("not_ready", { detail: "No server of the project runs: start it, and call it." });
  return withAdminClient(server, async (client) => {
    const answer = (await client({ method: "GET", path: "/admin/v1/token-estimates" })) as { models: TokenEstimate[] };
    return answer.models;
  });
}
