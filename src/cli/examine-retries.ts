import { HeadgateError } from "../errors.ts";
import { checkProject, describeRetries } from "../gateway.ts";
import { isRecord } from "../json.ts";
import type { Problem } from "../endpoint/problem.ts";
import { withAdminClient } from "./admin-client.ts";
import { toDataFolder } from "./data-folder.ts";
import { describeRoutes } from "./describe-routes.ts";
import { findServer } from "./find-server.ts";
import type { Breaker, RetryReport } from "./format-retries.ts";

type Examined =
  | { readonly ok: true; readonly report: RetryReport }
  | { readonly ok: false; readonly problems: readonly Problem[] };

/** What failures lead to in this project: the rules, what it declares, and how its deployments are. */
export async function examineRetries(folder: string): Promise<Examined> {
  const loaded = await checkProject(folder);
  if (!loaded.ok) return loaded;
  const { snapshot } = loaded;
  return {
    ok: true,
    report: {
      decisions: describeRetries(),
      resilience: snapshot.resilience,
      routes: describeRoutes(snapshot),
      breakers: await askForBreakers(folder),
    },
  };
}

async function askForBreakers(folder: string): Promise<readonly Breaker[] | null> {
  const server = await findServer(toDataFolder(folder));
  if (!server) return null;
  try {
    const told = await withAdminClient(server, (client) => client({ method: "GET", path: "/admin/v1/breakers" }));
    const breakers = isRecord(told) ? told["breakers"] : undefined;
    return Array.isArray(breakers) ? breakers.filter(isBreaker) : null;
  } catch (error) {
    // A server of another version may not tell, and one may stop at any time.
    if (HeadgateError.is(error)) return null;
    throw error;
  }
}

function isBreaker(value: unknown): value is Breaker {
  return isRecord(value) && ["provider", "model", "state"].every((key) => typeof value[key] === "string");
}
