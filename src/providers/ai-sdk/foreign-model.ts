import { HeadgateError } from "../../errors.ts";
import { isRecord } from "../../json.ts";

/** Versions of the AI SDK's specification: of `ai` 5, 6 and 7. */
export type SpecificationVersion = "v2" | "v3" | "v4";

interface ForeignModel {
  readonly specificationVersion: SpecificationVersion;
  /** Such as `cohere.chat`. */
  readonly provider: string;
}

/** What is used of a language model. The package is never imported: what comes back is checked as it is read. */
export interface ForeignLanguageModel extends ForeignModel {
  /** Lists of patterns by media type, or a promise of them. */
  readonly supportedUrls?: unknown;
  /** False: `responseFormat` reaches the vendor without its schema. */
  readonly supportsStructuredOutputs?: unknown;
  doGenerate(options: CallOptions): unknown;
  doStream(options: CallOptions): unknown;
}

export interface ForeignEmbeddingModel extends ForeignModel {
  /** A number, nothing, or a promise of either. */
  readonly maxEmbeddingsPerCall?: unknown;
  doEmbed(options: Readonly<Record<string, unknown>>): unknown;
}

type CallOptions = Readonly<Record<string, unknown>> & { readonly abortSignal: AbortSignal };

const versions: readonly unknown[] = ["v2", "v3", "v4"] satisfies SpecificationVersion[];

/** @throws HeadgateError `provider_rejected` that says what the config's function has made instead */
export function readLanguageModel(value: unknown, peer: string): ForeignLanguageModel {
  const model = readModel(value, `${peer}: languageModel`, "language model", ["doGenerate", "doStream"]);
  return model as unknown as ForeignLanguageModel;
}

/** @throws HeadgateError `provider_rejected` that says what the config's function has made instead */
export function readEmbeddingModel(value: unknown, peer: string): ForeignEmbeddingModel {
  const model = readModel(value, `${peer}: embeddingModel`, "embedding model", ["doEmbed"]);
  return model as unknown as ForeignEmbeddingModel;
}

function readModel(
  value: unknown,
  made: string,
  kind: string,
  methods: readonly string[],
): Readonly<Record<string, unknown>> {
  if (!isRecord(value)) throw refused(`${made} made no ${kind} of the AI SDK, but ${describe(value)}.`);
  const { specificationVersion: version } = value;
  if (!versions.includes(version)) {
    const isVersion = typeof version === "string" && /^v\d{1,2}$/.test(version);
    const shown = isVersion ? `of the specification ${version}` : "without a specification";
    throw refused(`${made} made a ${kind} ${shown}; v2, v3 and v4 can be used.`);
  }
  const missing = methods.find((method) => typeof value[method] !== "function");
  if (missing !== undefined) throw refused(`${made} made no ${kind} of the AI SDK: it has no ${missing}.`);
  return value;
}

function describe(value: unknown): string {
  if (value === null || value === undefined) return "nothing";
  if (typeof value === "string") return "a name: call a provider with it";
  return typeof value === "function" ? "a function: call it with a model's name" : `a ${typeof value}`;
}

function refused(detail: string): HeadgateError {
  return new HeadgateError("provider_rejected", { detail });
}
