import { errorCatalogue } from "../errors.ts";
import { docsPageScript } from "./docs-page-script.ts";
import { docsPageStyle } from "./docs-page-style.ts";
import { markup, trusted } from "./markup.ts";
import type { Markup } from "./markup.ts";
import type { OpenApiDocument, Operation } from "./openapi.ts";
import type { JsonSchema } from "../json.ts";
import { toSchemaRows } from "./schema-rows.ts";

interface Entry {
  readonly method: string;
  readonly path: string;
  readonly operation: Operation;
}

/** The reference as one page of HTML that loads nothing from anywhere. */
export function toDocsPage(document: OpenApiDocument): string {
  const entries = listOperations(document);
  const needsKey = document.security.every((scheme) => Object.keys(scheme).length > 0);
  return markup`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>${document.info.title} API reference</title>
        ${style}
      </head>
      <body>
        <nav aria-label="Contents">
          <a class="brand" href="#top">${document.info.title}</a>
          ${document.tags.map((tag) => toMenu(tag.name, entries))}
          <h2>More</h2>
          <a href="#errors">Errors</a>
          <a href="/openapi.json">OpenAPI document</a>
        </nav>
        <main id="top">
          <header>
            <h1>${document.info.title} API</h1>
            <p class="note">Headgate ${document.info.version}, snapshot ${toText(document.info["x-snapshot"])}</p>
            ${needsKey ? keyForm : markup`<p class="note">This server is open to its own machine and needs no key.</p>`}
          </header>
          ${entries.map((entry) => toSection(entry, document, needsKey))} ${errorSection()}
        </main>
        ${script}
      </body>
    </html>`.text;
}

// The page's policy knows both by the hash of exactly what stands between the tags.
const style = trusted(`<style>${docsPageStyle}</style>`);
const script = trusted(`<script>${docsPageScript}</script>`);

const keyForm = markup`<p>
    Every call needs the header <code>Authorization: Bearer &lt;key&gt;</code>. <code>headgate keys create</code> makes
    keys.
  </p>
  <label class="key">Key to try with <input id="key" type="password" autocomplete="off" placeholder="hg_…" /></label>`;

function listOperations(document: OpenApiDocument): Entry[] {
  return Object.entries(document.paths).flatMap(([path, item]) =>
    (["get", "post"] as const).flatMap((method) => {
      const operation = item[method];
      return operation ? [{ method: method.toUpperCase(), path, operation }] : [];
    }),
  );
}

function toMenu(tag: string, entries: readonly Entry[]): Markup {
  const own = entries.filter(({ operation }) => operation.tags.includes(tag));
  if (own.length === 0) return markup``;
  return markup`<h2>${tag}</h2>
    ${own.map(({ path, operation }) => markup`<a href="#${operation.operationId}">${path.replace(/^\/api\//, "")}</a>`)}`;
}

function toSection({ method, path, operation }: Entry, document: OpenApiDocument, needsKey: boolean): Markup {
  const body = operation.requestBody?.content["application/json"];
  const success = operation.responses["200"];
  const answer = success && "content" in success ? success.content?.["application/json"] : undefined;
  return markup`<section id="${operation.operationId}">
    <h2><span class="method ${method.toLowerCase()}">${method}</span> <code>${path}</code></h2>
    <p>${operation.description ?? operation.summary}</p>
    ${body ? toTable("Input", body.schema, document) : undefined}
    ${answer ? toTable("Answer", answer.schema, document) : undefined}
    ${
      answer?.example === undefined
        ? undefined
        : markup`<h3>Example answer</h3>
            <pre>${JSON.stringify(answer.example, null, 2)}</pre>`
    }
    ${body ? toTryIt({ path, example: body.example, needsKey }) : undefined}
  </section>`;
}

function toTable(caption: string, schema: JsonSchema, document: OpenApiDocument): Markup {
  const rows = toSchemaRows(schema, document);
  if (rows.length === 0) return markup``;
  return markup`<h3>${caption}</h3>
    <table>
      <thead>
        <tr>
          <th>Field</th>
          <th>Type</th>
          <th>About</th>
        </tr>
      </thead>
      <tbody>
        ${rows.map(
          (row) =>
            markup`<tr>
              <td><code>${row.field}</code>${row.isRequired ? undefined : markup` <small>optional</small>`}</td>
              <td><code>${row.type}</code></td>
              <td>${row.description}</td>
            </tr>`,
        )}
      </tbody>
    </table>`;
}

interface Trial {
  readonly path: string;
  readonly example: unknown;
  readonly needsKey: boolean;
}

function toTryIt({ path, example = {}, needsKey }: Trial): Markup {
  const stream = markup`<button type="submit" class="quiet" data-stream="yes">Stream</button>`;
  return markup`<h3>Try it</h3>
    <form data-path="${path}">
      <textarea aria-label="Request body" spellcheck="false" rows="8">
${JSON.stringify(example, null, 2)}</textarea>
      <div class="actions">
        <button type="submit">Send</button>
        ${path.startsWith("/api/") ? stream : undefined}
        <span class="status" role="status"></span>
      </div>
      <pre class="result" hidden></pre>
    </form>
    <details>
      <summary>curl</summary>
      <pre>curl <span class="origin">http://127.0.0.1:8787</span>${toCommand({ path, example, needsKey })}</pre>
    </details>`;
}

function toCommand({ path, example, needsKey }: Trial): string {
  const body = JSON.stringify(example).replaceAll("'", String.raw`'\''`);
  const key = needsKey ? [`-H "authorization: Bearer $HEADGATE_KEY"`] : [];
  return [path, "-H 'content-type: application/json'", ...key, `-d '${body}'`].join(" \\\n  ");
}

function errorSection(): Markup {
  return markup`<section id="errors">
    <h2>Errors</h2>
    <p>Every error is a problem (RFC 9457) with one of these codes. Codes are stable; texts are not.</p>
    <table>
      <thead>
        <tr>
          <th>Code</th>
          <th>Status</th>
          <th>Retry</th>
          <th>Meaning</th>
        </tr>
      </thead>
      <tbody>
        ${Object.entries(errorCatalogue).map(
          ([code, entry]) =>
            markup`<tr id="error-${code}">
              <td><code>${code}</code></td>
              <td>${entry.status}</td>
              <td>${entry.retryable ? "yes" : "no"}</td>
              <td>${entry.title}</td>
            </tr>`,
        )}
      </tbody>
    </table>
  </section>`;
}

function toText(value: unknown): string {
  return typeof value === "string" ? value : "";
}
