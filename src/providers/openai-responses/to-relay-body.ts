import { HeadgateError } from "../../errors.ts";
import type { ModelRequest } from "../provider.ts";

/**
 * The client's own body with `model` replaced.
 * @throws HeadgateError `not_translatable` if it points to what the vendor keeps: all tenants share one account there,
 * so that one could read another's
 */
export function toRelayBody(body: Readonly<Record<string, unknown>>, { model }: ModelRequest): Record<string, unknown> {
  const stored = ["previous_response_id", "conversation"].filter((name) => (body[name] ?? null) !== null);
  const found = body["background"] === true ? [...stored, "background"] : stored;
  if (found.length > 0) {
    const detail = `Responses that the provider keeps cannot be used: ${found.join(", ")}.`;
    throw new HeadgateError("not_translatable", { detail });
  }
  return { ...body, model };
}
