import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parseJson } from "../../src/json.ts";

/** One exchange with a real server. */
export interface Recording {
  readonly id: string;
  /** Who served it, such as `openai` or `groq`. */
  readonly provider: string;
  readonly request: {
    readonly method: string;
    readonly host: string;
    readonly path: string;
    readonly body?: unknown;
  };
  readonly response: {
    readonly status: number;
    readonly headers?: Readonly<Record<string, string>>;
    readonly body?: unknown;
    readonly body_text?: string;
    readonly sse_text?: string;
    readonly body_base64?: string;
    readonly chunk_byte_lengths?: readonly number[];
  };
  readonly meta: { readonly endpoint: string; readonly model?: string; readonly features?: readonly string[] };
}

// Recorded traffic of real servers; its licence keeps it out of the repository.
const file = join(import.meta.dirname, "../../../shared/recordings/dev.jsonl");

/** All recordings, or undefined where this machine has none. */
export function loadRecordings(): readonly Recording[] | undefined {
  if (!existsSync(file)) return undefined;
  const lines = readFileSync(file, "utf8").split("\n");
  return lines.filter((line) => line.trim() !== "").map((line) => parseJson(line) as Recording);
}

export function isStream({ response }: Recording): boolean {
  return response.sse_text !== undefined || response.body_base64 !== undefined;
}

export function bodyOf({ response }: Recording): Buffer {
  const { body, body_text: text, sse_text: events, body_base64: base64 } = response;
  if (base64 !== undefined) return Buffer.from(base64, "base64");
  return Buffer.from(events ?? text ?? JSON.stringify(body ?? ""));
}
