/** How a model is told to think. */
type ThinkingStyle =
  /** Claude from 4.6 on: it decides itself, and is told an effort. */
  | "adaptive"
  /** Claude from 3.7 to 4.5: it is told a number of tokens. */
  | "budget"
  /** Amazon Nova 2. */
  | "nova"
  /** gpt-oss. */
  | "openai"
  | "qwen"
  /** It cannot think, or nothing is known of how to tell it. */
  | "none";

/** What Bedrock's models take, where Converse leaves it to them. What one does not take makes it refuse the request. */
export interface ModelTraits {
  readonly family: "anthropic" | "nova" | "mistral" | "openai" | "other";
  /** `outputConfig.textFormat`, and `strict` on tools. */
  readonly hasSchemaMode: boolean;
  /** What `toolChoice` can force: a named tool, any tool, or nothing. */
  readonly forces: "tool" | "any" | "nothing";
  readonly thinking: ThinkingStyle;
  /** It decides itself, and takes a number of tokens all the same. */
  readonly takesBudget: boolean;
  /** It keeps what it thinks to itself unless asked. */
  readonly hidesThinking: boolean;
  /** It cannot be told not to think. */
  readonly alwaysThinks: boolean;
  /** Efforts beyond `high`. */
  readonly highEfforts: readonly ("xhigh" | "max")[];
  /** Temperature, topP and topK. `one`: topP is refused beside a temperature. */
  readonly sampling: "all" | "one" | "none";
  readonly takesStop: boolean;
  /** The field of `additionalModelRequestFields` for topK. */
  readonly topK: "anthropic" | "nova" | "none";
  /** Where `cachePoint` may stand. */
  readonly caches: "everywhere" | "messages" | "nowhere";
  readonly caches1h: boolean;
  /** The result of a tool may be marked as failed. */
  readonly takesResultStatus: boolean;
  /** The result of a tool may be text, and not only a JSON object. */
  readonly resultsAsJson: boolean;
}

const plain: ModelTraits = {
  family: "other",
  hasSchemaMode: false,
  forces: "nothing",
  thinking: "none",
  takesBudget: false,
  hidesThinking: false,
  alwaysThinks: false,
  highEfforts: [],
  sampling: "all",
  takesStop: true,
  topK: "none",
  caches: "nowhere",
  caches1h: false,
  takesResultStatus: true,
  resultsAsJson: false,
};

const constrained: ModelTraits = { ...plain, hasSchemaMode: true };

/**
 * The first row that matches the model's id holds. Sources: AWS's list of models with structured output, and what
 * others saw the service accept and refuse. What is not listed is asked for what every model takes.
 */
const rows: readonly (readonly [RegExp, ModelTraits])[] = [
  [/amazon\.nova-2/, { ...plain, family: "nova", forces: "tool", thinking: "nova", topK: "nova", caches: "messages" }],
  [/amazon\.nova/, { ...plain, family: "nova", forces: "tool", topK: "nova", caches: "messages" }],
  [/openai\.gpt-oss/, { ...constrained, family: "openai", thinking: "openai", alwaysThinks: true, takesStop: false }],
  [/openai\./, { ...plain, family: "openai", sampling: "none", takesStop: false }],
  [/mistral\.mistral-large-24/, { ...plain, family: "mistral", forces: "any", resultsAsJson: true }],
  [
    /mistral\.(?:magistral-small|ministral-3|mistral-large-3|voxtral|devstral-2)/,
    { ...constrained, family: "mistral", resultsAsJson: true },
  ],
  [/mistral\./, { ...plain, family: "mistral", resultsAsJson: true }],
  [/qwen\.qwen3/, { ...constrained, thinking: "qwen", alwaysThinks: true }],
  [/deepseek\.v3|google\.gemma-3-(?:12|27)b|nvidia\.nemotron/, constrained],
  [/zai\.glm|moonshot(?:ai)?\.kimi/, { ...constrained, forces: "tool" }],
  [/writer\./, { ...plain, takesResultStatus: false }],
];

/** @param model an id, or the ARN of a model or an inference profile; an application's own profile tells nothing */
export function findModelTraits(model: string): ModelTraits {
  const version = readClaudeVersion(model);
  if (version) return toClaudeTraits(version);
  return rows.find(([pattern]) => pattern.test(model))?.[1] ?? plain;
}

interface ClaudeVersion {
  readonly line: string;
  /** 4.5 is 405. */
  readonly number: number;
}

const claude = /anthropic\.claude-(?:(\d)(?:-(\d))?-([a-z]+)|([a-z]+)-(\d+)(?:-(\d{1,2}))?(?!\d)|)/;

function readClaudeVersion(model: string): ClaudeVersion | undefined {
  const match = claude.exec(model);
  if (!match) return undefined;
  const [, oldMajor, oldMinor, oldLine, line, major, minor] = match;
  // `claude-v2` and `claude-instant-v1` have neither form.
  return {
    line: line ?? oldLine ?? "",
    number: Number(major ?? oldMajor ?? 2) * 100 + Number(minor ?? oldMinor ?? 0),
  };
}

function toClaudeTraits({ line, number }: ClaudeVersion): ModelTraits {
  const alwaysThinks = line === "fable" || line === "mythos" || (number >= 505 && line !== "haiku");
  return {
    ...plain,
    family: "anthropic",
    // Opus 4.1 and those from 4.7 on refuse it, Sonnet 4.6 strays from it, Haiku 4.5 knows it on some accounts only.
    hasSchemaMode: (number === 405 && line !== "haiku") || (number === 406 && line === "opus"),
    forces: alwaysThinks || number < 300 ? "nothing" : "tool",
    thinking: toThinkingStyle(number),
    takesBudget: number === 406,
    hidesThinking: number >= 407,
    alwaysThinks,
    highEfforts: number >= 407 ? ["xhigh", "max"] : number === 406 ? ["max"] : [],
    sampling: number >= 407 ? "none" : number >= 401 ? "one" : "all",
    topK: "anthropic",
    caches: number >= 307 || (number === 305 && line === "haiku") ? "everywhere" : "nowhere",
    caches1h: number >= 405,
  };
}

function toThinkingStyle(number: number): ThinkingStyle {
  if (number >= 406) return "adaptive";
  return number >= 307 ? "budget" : "none";
}

/** Regions that an inference profile spans; counting tokens wants the model itself. */
const geography = /^(?:us-gov|us|eu|apac|jp|au|ca|sa|mx|global)\./;

export function withoutGeography(model: string): string {
  return model.replace(geography, "");
}
