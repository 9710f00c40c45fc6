import type { ProviderOptions } from "../endpoint/define-config.ts";
import type { Snapshot } from "../endpoint/snapshot.ts";
import { HeadgateError } from "../errors.ts";
import type { Provider } from "./provider.ts";

export interface ProviderPool {
  /** The provider that the snapshot declares under this name; the same options give the same instance. */
  find(name: string, snapshot: Snapshot): Provider;
  close(): Promise<void>;
}

/** Makes providers at their first use and keeps them over reloads that do not change them. */
export function createProviderPool(create: (name: string, options: ProviderOptions) => Provider): ProviderPool {
  const byOptions = new WeakMap<ProviderOptions, Provider>();
  const byText = new Map<string, Provider>();
  return {
    find: (name, snapshot) => {
      const options = snapshot.providers.get(name);
      if (!options) throw new HeadgateError("model_not_found", { detail: `There is no provider named ${name}.` });
      const known = byOptions.get(options);
      if (known) return known;
      // Functions have no text to be told apart by.
      const text = options.type === "ai-sdk" ? undefined : JSON.stringify([name, options]);
      const provider = (text !== undefined && byText.get(text)) || create(name, options);
      if (text !== undefined) byText.set(text, provider);
      byOptions.set(options, provider);
      return provider;
    },
    close: async () => {
      await Promise.all([...byText.values()].map((provider) => provider.close()));
    },
  };
}
