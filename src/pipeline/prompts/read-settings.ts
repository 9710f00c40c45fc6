import type { ModelSettings } from "../../message.ts";
import { isRecord } from "../../json.ts";
import { didYouMean } from "../../nearest-name.ts";

export interface SettingsResult {
  readonly settings: ModelSettings;
  readonly problems: readonly { readonly key?: string; readonly message: string }[];
}

interface Setting {
  readonly target: keyof ModelSettings;
  readonly expected: string;
  read(value: unknown): unknown;
}

const stop: Setting = {
  target: "stop",
  expected: "a text or a list of texts",
  read: (value) => {
    const list = typeof value === "string" ? [value] : value;
    return Array.isArray(list) && list.length > 0 && list.every((text) => typeof text === "string" && text !== "")
      ? list
      : undefined;
  },
};

const settingsByKey: Readonly<Record<string, Setting>> = {
  temperature: { target: "temperature", expected: "a number from 0 to 2", read: (value) => within(value, 0, 2) },
  topP: { target: "topP", expected: "a number from 0 to 1", read: (value) => within(value, 0, 1) },
  maxOutputTokens: {
    target: "maxOutputTokens",
    expected: "a whole number from 1",
    read: (value) => (Number.isSafeInteger(value) ? within(value, 1, Number.MAX_SAFE_INTEGER) : undefined),
  },
  stopSequences: stop,
  stop,
  seed: {
    target: "seed",
    expected: "a whole number",
    read: (value) => (Number.isSafeInteger(value) ? value : undefined),
  },
};

/** Reads the front matter's `config`. */
export function readSettings(config: unknown): SettingsResult {
  if (config === undefined || config === null) return { settings: {}, problems: [] };
  if (!isRecord(config))
    return { settings: {}, problems: [{ message: '"config" must be keys and values, such as "temperature: 0.2".' }] };
  const settings: Record<string, unknown> = {};
  const problems: { key: string; message: string }[] = [];
  const known = Object.keys(settingsByKey);
  for (const [key, value] of Object.entries(config)) {
    const setting = Object.hasOwn(settingsByKey, key) ? settingsByKey[key]! : undefined;
    if (!setting) {
      problems.push({
        key,
        message: `"config" has no key "${key}". Use ${known.join(", ")}.${didYouMean(key, known)}`,
      });
      continue;
    }
    const read = setting.read(value);
    if (read === undefined) problems.push({ key, message: `"config.${key}" must be ${setting.expected}.` });
    else if (setting.target in settings)
      problems.push({ key, message: '"config" has both "stop" and "stopSequences". Keep one.' });
    else settings[setting.target] = read;
  }
  return { settings, problems };
}

function within(value: unknown, least: number, most: number): number | undefined {
  return typeof value === "number" && value >= least && value <= most ? value : undefined;
}
