import { annotationKeywords, peelSchema } from "../../../endpoint/compile-schema.ts";
import { isRecord, toPointer, type JsonSchema } from "../../../json.ts";

/** An input's free texts, and the rest of it. */
export interface SeparatedInput {
  /** In the order of their fields' names. */
  readonly texts: readonly string[];
  /** The input with the place of each text in its stead: has to be equal for two requests to be compared. */
  readonly rest: unknown;
}

/** A field that holds less is a name, a code or a number, whatever its schema says. */
const minFieldCharacters = 32;
const maxTexts = 4;
/** Keywords of a string's schema that leave it a free text. */
const freeKeywords: ReadonlySet<string> = new Set([...annotationKeywords, "type", "minLength", "maxLength"]);

/**
 * Takes the free texts out of an input. A free text is a string of two words or more in a property of the input, or of an
 * object in it, whose schema says no more than that it is a string and how long; strings in lists are part of the rest.
 * Undefined if there is none, or more than 4.
 */
export function separateTexts(input: unknown, schema: JsonSchema): SeparatedInput | undefined {
  const texts: string[] = [];
  const rest = separate(input, { root: schema, schema, path: [], texts });
  return texts.length === 0 || texts.length > maxTexts ? undefined : { texts, rest };
}

interface Place {
  readonly root: JsonSchema;
  readonly schema: unknown;
  readonly path: readonly string[];
  readonly texts: string[];
}

function separate(value: unknown, { root, schema: declared, path, texts }: Place): unknown {
  const { schema } = peelSchema(root, declared, "");
  if (typeof value === "string") {
    if (!isFree(schema) || !/\S\s+\S/u.test(value)) return value;
    texts.push(value);
    return { text: toPointer(path) };
  }
  const properties = schema["properties"];
  if (!isRecord(value) || !isRecord(properties)) return value;
  const fields = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(
    fields.map(([name, part]) => [
      name,
      separate(part, { root, schema: properties[name], path: [...path, name], texts }),
    ]),
  );
}

function isFree(schema: JsonSchema): boolean {
  const { type, maxLength } = schema;
  if (type !== "string" || (typeof maxLength === "number" && maxLength < minFieldCharacters)) return false;
  return Object.keys(schema).every((keyword) => freeKeywords.has(keyword));
}
