import { hash } from "node:crypto";
import type { FastifyInstance } from "fastify";
import { docsPageScript } from "../../contract/docs-page-script.ts";
import { docsPageStyle } from "../../contract/docs-page-style.ts";
import { toDocsPage } from "../../contract/docs-page.ts";
import { toOpenApi } from "../../contract/openapi.ts";
import type { Snapshot } from "../../endpoint/snapshot.ts";
import type { ServerContext } from "../server-context.ts";

interface Reference {
  readonly snapshot: Snapshot;
  readonly openApi: string;
  readonly page: string;
}

/** `/openapi.json` and `/docs`, written anew when the project has changed. `/` leads to the latter. */
export function registerReference(http: FastifyInstance, context: ServerContext): void {
  let latest: Reference | undefined;

  function read(): Reference {
    const { snapshot } = context.gateway;
    if (latest?.snapshot !== snapshot) {
      const document = toOpenApi(snapshot, context);
      latest = { snapshot, openApi: JSON.stringify(document, null, 2), page: toDocsPage(document) };
    }
    return latest;
  }

  http.get("/openapi.json", (_request, reply) => {
    void reply.header("content-type", "application/json; charset=utf-8").send(read().openApi);
  });

  http.get("/docs", (_request, reply) => {
    void reply.headers(pageHeaders).send(read().page);
  });

  http.get("/", (_request, reply) => {
    void reply.redirect("/docs");
  });
}

// The page's only script and style are known by their hashes, so nothing that slips into the page can run.
const pageHeaders = {
  "content-type": "text/html; charset=utf-8",
  "content-security-policy": [
    "default-src 'none'",
    `script-src '${toSourceHash(docsPageScript)}'`,
    `style-src '${toSourceHash(docsPageStyle)}'`,
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join("; "),
  "x-content-type-options": "nosniff",
  "x-frame-options": "DENY",
  "referrer-policy": "no-referrer",
  "cross-origin-opener-policy": "same-origin",
};

function toSourceHash(source: string): string {
  return `sha256-${hash("sha256", source, "base64")}`;
}
