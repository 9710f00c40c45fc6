import { HeadgateError } from "../errors.ts";
import { withAdminClient } from "./admin-client.ts";
import { readServerNote } from "./data-folder.ts";
import type { ServerNote } from "./data-folder.ts";

/**
 * The server that runs on a project's data folder, if one answers. Without one the caller works on the store, whose own
 * lock still keeps out a server that only seems gone.
 */
export async function findServer(dataFolder: string): Promise<ServerNote | undefined> {
  const note = readServerNote(dataFolder);
  if (note === undefined) return undefined;
  try {
    await withAdminClient(note, (client) => client({ method: "GET", path: "/admin/v1/status" }));
    return note;
  } catch (error) {
    // Nobody listens there any more, or somebody who does not know the token.
    if (HeadgateError.is(error, "provider_unavailable") || HeadgateError.is(error, "key_invalid")) return undefined;
    throw error;
  }
}
