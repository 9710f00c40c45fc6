import { HeadgateError } from "../../errors.ts";
import { isRecord, parseJson } from "../../json.ts";

/**
 * Reads JSON that a provider sent and that has to be an object.
 * @param did what the provider did with it, such as `answered` or `streamed an event`
 * @throws HeadgateError `provider_protocol`
 */
export function parseObject(text: string, peer: string, did: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = parseJson(text);
  } catch (cause) {
    throw new HeadgateError("provider_protocol", { detail: `${peer} ${did} that is not JSON.`, cause });
  }
  if (isRecord(value)) return value;
  throw new HeadgateError("provider_protocol", { detail: `${peer} ${did} that is not a JSON object.` });
}
