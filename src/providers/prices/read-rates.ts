import type { ModelPrice } from "@pydantic/genai-prices";
import type { PriceOptions } from "../../endpoint/define-config.ts";
import { toRate, toScaled, type Rate, type Rates } from "./rates.ts";

/** Prices that hang on what usage does not tell: with one of them, the rest would only be a part. */
const untold = ["output_citation_mtok", "audio_hours", "input_text_messages_kcount"];

/** Reads an entry of the price list. Undefined if it is no price of a model that answers with text, or embeds. */
export function readRates(price: ModelPrice): Rates | undefined {
  const rate = (key: string): Rate | undefined => {
    const value = price[key];
    return value === undefined ? undefined : toRate(value);
  };
  const input = rate("input_mtok");
  if (!input || untold.some((key) => price[key] !== undefined)) return undefined;
  const requests = price["requests_kcount"];
  return {
    input,
    output: rate("output_mtok"),
    cacheRead: rate("cache_read_mtok"),
    cacheWrite: rate("cache_write_mtok"),
    cacheWrite1h: rate("cache_write_1h_mtok"),
    reasoning: rate("output_reasoning_mtok"),
    audioInput: rate("input_audio_mtok"),
    audioOutput: rate("output_audio_mtok"),
    // Dollars for a thousand requests.
    ...(typeof requests === "number" ? { request: toScaled(requests * 1000) } : {}),
  };
}

/** Reads a price of the config. */
export function toOwnRates(price: PriceOptions): Rates {
  const { cachedInputPerMillionUsd: read, cacheWritePerMillionUsd: write, perRequestUsd } = price;
  const input = toRate(price.inputPerMillionUsd);
  const output = toRate(price.outputPerMillionUsd);
  const written = write === undefined ? undefined : toRate(write);
  return {
    input,
    output,
    cacheRead: read === undefined ? undefined : toRate(read),
    cacheWrite: written,
    cacheWrite1h: written,
    // What the config does not tell apart costs the same.
    audioInput: input,
    audioOutput: output,
    ...(perRequestUsd === undefined ? {} : { request: toScaled(perRequestUsd * 1e6) }),
  };
}
