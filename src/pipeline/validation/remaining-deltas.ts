import { isRecord, toPointer } from "../../json.ts";
import type { DeltaPart } from "./field-stream.ts";

/** The deltas that turn `sent` into `final`, or undefined if something that was sent is not in `final`. */
export function remainingDeltas(
  sent: Readonly<Record<string, unknown>>,
  final: Readonly<Record<string, unknown>>,
): DeltaPart[] | undefined {
  const deltas: DeltaPart[] = [];
  return extend(sent, final, "", deltas) ? deltas : undefined;
}

function extend(sent: unknown, final: unknown, path: string, deltas: DeltaPart[]): boolean {
  if (typeof sent === "string" && typeof final === "string") {
    if (!final.startsWith(sent)) return false;
    if (final.length > sent.length) deltas.push({ type: "delta", path, append: final.slice(sent.length) });
    return true;
  }
  if (Array.isArray(sent)) {
    if (!Array.isArray(final) || sent.length > final.length) return false;
    return final.every((item: unknown, index) => extendPart(sent, index, item, path, deltas));
  }
  if (isRecord(sent)) {
    if (!isRecord(final) || !Object.keys(sent).every((key) => Object.hasOwn(final, key))) return false;
    return Object.entries(final).every(([key, value]) => extendPart(sent, key, value, path, deltas));
  }
  return Object.is(sent, final);
}

function extendPart(
  sent: readonly unknown[] | Readonly<Record<string, unknown>>,
  key: string | number,
  value: unknown,
  path: string,
  deltas: DeltaPart[],
): boolean {
  const partPath = path + toPointer([key]);
  if (Object.hasOwn(sent, key)) return extend((sent as Record<string | number, unknown>)[key], value, partPath, deltas);
  deltas.push({ type: "delta", path: partPath, set: value });
  return true;
}
