import { isRecord } from "../../json.ts";
import type { Part } from "../../reply.ts";
import { readSignature, toArgumentsText } from "./read-message.ts";

export interface ToolCallIndex {
  /** Calls so far. */
  readonly count: number;
  /** Reads one entry of `delta.tool_calls`. */
  read(call: Record<string, unknown>): Part;
}

/**
 * Numbers tool calls in the order they begin. Vendors leave out `index`, or give parallel calls the same one; a new id
 * begins a new call.
 */
export function createToolCallIndex(): ToolCallIndex {
  const current = new Map<unknown, { readonly index: number; readonly id: string | undefined }>();
  let count = 0;
  let latest: unknown;
  return {
    get count() {
      return count;
    },
    read: (call) => {
      const id = typeof call["id"] === "string" && call["id"] !== "" ? call["id"] : undefined;
      const slot: unknown = call["index"] ?? (id === undefined ? latest : undefined);
      latest = slot;
      let known = current.get(slot);
      if (!known || (id !== undefined && known.id !== undefined && known.id !== id)) {
        known = { index: count++, id };
        current.set(slot, known);
      }
      const target = isRecord(call["function"]) ? call["function"] : {};
      const name = typeof target["name"] === "string" && target["name"] !== "" ? target["name"] : undefined;
      const signature = readSignature(call);
      return {
        type: "tool-call",
        index: known.index,
        ...(id === undefined ? {} : { id }),
        ...(name === undefined ? {} : { name }),
        arguments: toArgumentsText(target["arguments"]),
        ...(signature === undefined ? {} : { signature }),
      };
    },
  };
}
