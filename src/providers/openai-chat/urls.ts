import type { Quirks } from "./quirks.ts";

export type ToUrl = (path: "/chat/completions" | "/embeddings" | "/moderations", model: string) => URL;

/**
 * Where requests go. The query of `baseUrl` is kept. Azure's bare resource becomes its v1 API or, with an `apiVersion`,
 * the model's deployment; a path of one's own is left as it is.
 */
export function createUrls(baseUrl: string, { addressing }: Quirks, apiVersion?: string): ToUrl {
  const base = new URL(baseUrl);
  // Azure's portal shows the whole target.
  const root = base.pathname.replace(/(?:\/chat\/completions)?\/*$/, "");
  const isBare = addressing === "azure" && (root === "" || root === "/openai");

  function toRoot(model: string): string {
    if (!isBare) return root;
    return apiVersion === undefined ? "/openai/v1" : `/openai/deployments/${encodeURIComponent(model)}`;
  }

  // A URL takes longer to make than to look up.
  const made = new Map<string, URL>();

  return (path, model) => {
    const pathname = `${toRoot(model)}${path}`;
    const known = made.get(pathname);
    if (known) return known;
    const url = new URL(base);
    url.pathname = pathname;
    if (apiVersion !== undefined) url.searchParams.set("api-version", apiVersion);
    if (made.size >= mostUrls) made.clear();
    made.set(pathname, url);
    return url;
  };
}

/** Clients may name any deployment. */
const mostUrls = 256;
