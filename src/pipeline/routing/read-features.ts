import type { Call, ForeignRequest, RouteFeatures } from "../../call.ts";
import { isRecord } from "../../json.ts";
import { estimatePrompt } from "../../prompt-tokens.ts";

/** Share that is left, by name of the budget, of those that the call belongs to. */
export type BudgetLeft = (call: Call) => Readonly<Record<string, number>>;

/** What rule sets can ask of a call, but for its language. What does not hold of it, or is not known, is left out. */
export function readFeatures(call: Call, budgetLeft: BudgetLeft | undefined): RouteFeatures {
  const { endpoint, keyId, keyName, team, tools } = call;
  const metadata = call.metadata && clipMetadata(call.metadata);
  const task = endpoint ? endpoint.task : metadata?.["task"];
  const left = budgetLeft?.(call);
  return {
    ...(endpoint ? { endpoint: endpoint.name } : {}),
    ...(task === undefined ? {} : { task }),
    tokens: estimatePrompt(call),
    ...(tools !== undefined && tools.length > 0 ? { hasTools: true } : {}),
    ...(hasImage(call) ? { hasImages: true } : {}),
    ...(keyId === undefined ? {} : { keyId }),
    ...(keyName === undefined ? {} : { keyName }),
    ...(team === undefined ? {} : { team }),
    ...(metadata ? { metadata } : {}),
    atMs: Math.floor(call.startedAtMs),
    ...(left && Object.keys(left).length > 0 ? { budgetLeft: left } : {}),
  };
}

/** It goes on every record: a client must not fill the store by it. */
const mostMetadataChars = 2048;

function clipMetadata(metadata: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  let chars = 0;
  return Object.fromEntries(
    Object.entries(metadata).filter(([name, value]) => (chars += name.length + value.length) <= mostMetadataChars),
  );
}

function hasImage({ messages, foreign }: Call): boolean {
  return (
    messages.some(({ content }) => typeof content !== "string" && content.some(({ type }) => type === "image")) ||
    (foreign !== undefined && hasForeignImage(foreign))
  );
}

/** As OpenAI's chat, OpenAI's responses and Anthropic call a part that is an image. */
const imageTypes: ReadonlySet<unknown> = new Set(["image_url", "input_image", "image"]);

// Headgate's words carry no image that stands where its words have no place for one, such as in a stored file.
function hasForeignImage({ body }: ForeignRequest): boolean {
  return holdsImage(body["messages"], mostNesting) || holdsImage(body["input"], mostNesting);
}

/** A part of a tool's result within a message. */
const mostNesting = 3;

function holdsImage(items: unknown, nesting: number): boolean {
  if (!Array.isArray(items) || nesting === 0) return false;
  return items.some(
    (item: unknown) =>
      isRecord(item) &&
      (imageTypes.has(item["type"]) ||
        holdsImage(item["content"], nesting - 1) ||
        holdsImage(item["output"], nesting - 1)),
  );
}
