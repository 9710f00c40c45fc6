import type { Part } from "../../reply.ts";

/** Reads one call of a client's tool, whose arguments come in pieces, whole at the end, or both. */
export interface ToolCallReader {
  begin(): Part[];
  addDelta(delta: string): Part[];
  /** @param whole all of the arguments */
  finish(whole: unknown): Part[];
}

export interface ToolCallHead {
  readonly index: number;
  readonly id: unknown;
  readonly name: unknown;
  /** The arguments of a custom tool are any text; they go on as the JSON of it. */
  readonly isCustom: boolean;
}

export function createToolCallReader({ index, id, name, isCustom }: ToolCallHead): ToolCallReader {
  let chars = 0;
  let isFinished = false;

  function say(text: string): Part[] {
    return text === "" ? [] : [{ type: "tool-call", index, arguments: text }];
  }

  function addDelta(delta: string): Part[] {
    if (isFinished) return [];
    chars += delta.length;
    return say(isCustom ? JSON.stringify(delta).slice(1, -1) : delta);
  }

  return {
    begin: () => [
      {
        type: "tool-call",
        index,
        ...(typeof id === "string" && id !== "" ? { id } : {}),
        ...(typeof name === "string" && name !== "" ? { name } : {}),
        arguments: isCustom ? '"' : "",
      },
    ],
    addDelta,
    finish: (whole) => {
      if (isFinished) return [];
      const rest = addDelta(toText(whole).slice(chars));
      isFinished = true;
      return isCustom ? [...rest, ...say('"')] : rest;
    },
  };
}

/** Some servers send the JSON value in place of its text. */
function toText(value: unknown): string {
  if (typeof value === "string") return value;
  return value === undefined || value === null ? "" : JSON.stringify(value);
}
