import type { OpenAiVendor } from "../../endpoint/vendors.ts";

/** In what a vendor's Responses differ from the others'. */
export interface VendorTraits {
  /** OpenAI replaced `user` by `safety_identifier`, which holds 64 characters. */
  readonly userField: "safety_identifier" | "user";
  /** Smaller limits are refused. */
  readonly minOutputTokens?: number;
  /** False: files come as addresses only. */
  readonly takesFileBytes: boolean;
  readonly takesVerbosity: boolean;
  /** Log-probabilities are asked for with `logprobs: true` besides `include`. */
  readonly hasLogprobsFlag: boolean;
  /** Whether models that nothing is known of may be asked for sealed reasoning; OpenAI refuses it for some. */
  readonly sealsAlways: boolean;
  /** Whose reasoning the blocks are said to be. */
  readonly reasoningVendor: "openai" | "other";
  /** Only reasoning that the vendor sealed can be handed back, not its mere text. */
  readonly readsSealedOnly: boolean;
  /** Refuses a request with reasoning that OpenAI sealed. */
  readonly refusesOpenAiSeals: boolean;
  /** Summaries of the reasoning come only if they are asked for. */
  readonly summarisesOnRequest: boolean;
  /** Calls of custom tools are of the vendor's own searches, and not for the client. */
  readonly runsCustomTools: boolean;
  readonly countsTokens: boolean;
}

const openAi: VendorTraits = {
  userField: "safety_identifier",
  minOutputTokens: 16,
  takesFileBytes: true,
  takesVerbosity: true,
  hasLogprobsFlag: false,
  sealsAlways: false,
  reasoningVendor: "openai",
  readsSealedOnly: true,
  refusesOpenAiSeals: false,
  summarisesOnRequest: true,
  runsCustomTools: false,
  countsTokens: true,
};

const others: VendorTraits = {
  ...openAi,
  userField: "user",
  minOutputTokens: undefined,
  reasoningVendor: "other",
  readsSealedOnly: false,
  summarisesOnRequest: false,
  countsTokens: false,
};

const xAi: VendorTraits = {
  ...others,
  takesFileBytes: false,
  takesVerbosity: false,
  hasLogprobsFlag: true,
  sealsAlways: true,
  readsSealedOnly: true,
  refusesOpenAiSeals: true,
  runsCustomTools: true,
};

/** @param apiVersion Azure's; dated versions are older than `safety_identifier` */
export function toVendorTraits(vendor: OpenAiVendor, apiVersion?: string): VendorTraits {
  if (vendor === "openai") return openAi;
  if (vendor === "xai") return xAi;
  if (vendor !== "azure") return others;
  const isDated = apiVersion !== undefined && /^\d/.test(apiVersion);
  return { ...openAi, userField: isDated ? "user" : "safety_identifier", countsTokens: false };
}
