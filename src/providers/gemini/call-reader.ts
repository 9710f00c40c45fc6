import { isRecord } from "../../json.ts";
import type { Part } from "../../reply.ts";
import { createPartialArguments, type PartialArguments } from "./partial-arguments.ts";

export interface CallReader {
  readonly count: number;
  /** Adds the parts of one `functionCall` to `found`. */
  read(call: Readonly<Record<string, unknown>>, signature: string | undefined, found: Part[]): void;
  /** Ends the call that is still open. */
  close(found: Part[]): void;
}

/** Numbers the calls of the client's tools. They come whole, or with `partialArgs` piece by piece. */
export function createCallReader(): CallReader {
  let count = 0;
  let open: PartialArguments | undefined;

  function close(found: Part[]): void {
    const text = open?.toText() ?? "";
    open = undefined;
    if (text !== "") found.push({ type: "tool-call", index: count - 1, arguments: text });
  }

  return {
    get count() {
      return count;
    },
    close,
    read: (call, signature, found) => {
      const { args } = call;
      const name = toName(call["name"]);
      const id = toName(call["id"]);
      const partial = Array.isArray(call["partialArgs"]) ? (call["partialArgs"] as unknown[]) : undefined;
      if (name !== undefined) {
        close(found);
        const text = args === undefined || args === null ? "" : toText(args);
        const rest = { name, arguments: text, ...(signature === undefined ? {} : { signature }) };
        found.push({ type: "tool-call", index: count++, ...(id === undefined ? {} : { id }), ...rest });
        if (text === "") open = createPartialArguments();
      } else if (signature !== undefined && count > 0) {
        found.push({ type: "tool-call", index: count - 1, arguments: "", signature });
      }
      if (partial) open?.add(partial);
      // An empty call ends the one before it.
      const goesOn =
        call["willContinue"] === true || partial?.some((value) => isRecord(value) && value["willContinue"]);
      if (goesOn !== true && (partial !== undefined || name === undefined)) close(found);
    },
  };
}

function toText(args: unknown): string {
  return typeof args === "string" ? args : JSON.stringify(args);
}

function toName(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}
