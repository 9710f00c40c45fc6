import { join } from "node:path";
import type { MatrixVendor } from "../matrix/vendors/vendor.ts";
import { matrixVendors } from "../matrix/vendors.ts";
import { copyProject } from "../served-project.ts";
import { createUpstream, type Upstream } from "./upstream.ts";

/** A served project with every vendor behind it, and a key to it. */
export interface Stage {
  /** Of the server, without a slash at its end. */
  readonly url: string;
  /** A client's key. */
  readonly key: string;
  readonly upstream: Upstream;
  close(): Promise<void>;
}

/** The vendors that every client is run against. */
export const vendors: readonly MatrixVendor[] = matrixVendors.filter(({ name }) => name !== "bedrock");

/** What clients ask a vendor's model by. */
export function toModel({ name, models }: MatrixVendor, kind: "plain" | "reasoning" = "plain"): string {
  return `${name}/${models[kind]}`;
}

export async function openStage(): Promise<Stage> {
  const upstream = await createUpstream();
  const env = Object.assign({}, ...vendors.map(({ environment }) => environment)) as Record<string, string>;
  const source = join(import.meta.dirname, "..", "fixtures", "clients-project");
  const project = copyProject(upstream.url, { source, env });
  const created = await project.run(["keys", "create", "--name", "clients", "--json"]);
  const { secret } = JSON.parse(created.stdout) as { secret: string };
  const server = await project.serve({ command: "serve" });
  return {
    url: server.url,
    key: secret,
    upstream,
    close: async () => {
      await server.stop();
      await upstream.close();
      project.remove();
    },
  };
}
