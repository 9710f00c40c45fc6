import type { OpenAiVendor } from "../../endpoint/vendors.ts";

export interface ResponsesAddress {
  /** Up to and without `/responses`; for Azure the resource. A query is kept. */
  readonly baseUrl: string;
  readonly vendor: OpenAiVendor;
  /** Azure's `api-version`. @default Azure's v1 API, which has none */
  readonly apiVersion?: string;
}

/** Where `POST /responses` goes. */
export function toResponsesUrl({ baseUrl, vendor, apiVersion }: ResponsesAddress): URL {
  const url = new URL(baseUrl);
  if (vendor === "azure") return toAzureUrl(url, apiVersion);
  url.pathname = `${url.pathname.replace(/\/+$/, "")}/responses`;
  return url;
}

/** Versions of Azure's v1 API; all others are dated and belong to the API before it. */
const undatedVersions = new Set(["v1", "preview", "latest"]);

/** The resource may be given as portals show it: alone, with `/openai`, with `/openai/v1`, or as the whole target. */
function toAzureUrl(url: URL, apiVersion = url.searchParams.get("api-version") ?? undefined): URL {
  const resource = url.pathname.replace(/\/+$/, "").replace(/\/openai(?:\/v1)?(?:\/responses)?$/, "");
  const isDated = apiVersion !== undefined && !undatedVersions.has(apiVersion);
  url.pathname = `${resource}/openai${isDated ? "" : "/v1"}/responses`;
  if (apiVersion !== undefined) url.searchParams.set("api-version", apiVersion);
  return url;
}
