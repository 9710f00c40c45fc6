import type { ModelDefinition } from "./define-config.ts";
import type { ModelEntry } from "./snapshot.ts";

/** A declared model, its places filled in. Only for definitions that hold by the config's schema. */
export function toModelEntry(name: string, definition: ModelDefinition): ModelEntry {
  const { provider = "", model = name, deployments = [{ provider, model }], ...rest } = definition;
  return {
    ...rest,
    name,
    deployments: deployments.map((deployment) => ({
      provider: deployment.provider,
      model: deployment.model ?? name,
      weight: deployment.weight ?? 1,
    })),
  };
}
