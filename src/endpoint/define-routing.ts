/** What kind of work a call is. An endpoint declares it; other callers say it in their metadata, as `task`. */
export const tasks = [
  "classification",
  "extraction",
  "summarization",
  "translation",
  "generation",
  "coding",
  "analysis",
  "chat",
] as const;

export type TaskKind = (typeof tasks)[number];

/** A route, or a model that a chat asks for: the project's rule set chooses. */
export const automaticRoute = "auto";

export const weekdays = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"] as const;

type Weekday = (typeof weekdays)[number];

export interface TimeCondition {
  /** IANA name, such as `Europe/Berlin`. @default "UTC" */
  readonly timeZone?: string;
  /** `HH:MM`, from then on. @default "00:00" */
  readonly from?: string;
  /** `HH:MM`, up to and without it; before `from` it is of the next day. @default "24:00" */
  readonly to?: string;
  /** Of the day that `from` is on. @default every day */
  readonly days?: readonly Weekday[];
}

/** All given conditions must hold; of a list, one. */
export interface RoutingCondition {
  /** Names of endpoints. */
  readonly endpoint?: string | readonly string[];
  readonly task?: TaskKind | readonly TaskKind[];
  /** Estimated tokens of the whole prompt: instructions, input, conversation and tools. */
  readonly tokens?: { readonly atLeast?: number; readonly atMost?: number };
  /** ISO 639-1 codes, such as `de`. A text whose language cannot be told has none. */
  readonly language?: string | readonly string[];
  readonly hasTools?: boolean;
  readonly hasImages?: boolean;
  /** Ids or names of API keys. */
  readonly key?: string | readonly string[];
  /** Teams of API keys. */
  readonly team?: string | readonly string[];
  /** Of the request (`Headgate-Metadata`, or the dialect's own `metadata`): name to the value, or one of the values. */
  readonly metadata?: Readonly<Record<string, string | readonly string[]>>;
  readonly time?: TimeCondition;
  /** The smallest share, 0 to 1, that is left of any budget of the call, or of the one that is named. */
  readonly budgetLeft?: { readonly budget?: string; readonly atLeast?: number; readonly atMost?: number };
}

export interface RoutingRule {
  readonly when: RoutingCondition;
  /** A tier or model name of the config. */
  readonly use: string;
}

/** An ordered list of rules: the first that holds wins. */
export interface RuleSetDefinition {
  readonly rules?: readonly RoutingRule[];
  /** A tier or model for calls that no rule holds for. */
  readonly otherwise: string;
}

/** Which model answers calls that name none: endpoints whose route is `auto`, and chats with the model `auto`. */
export interface RoutingDefinition {
  /** Rule sets by version, such as `2026-11`: declare a new one, switch to it live, and roll back the same way. */
  readonly sets: Readonly<Record<string, RuleSetDefinition>>;
  /** The version in force until `headgate routes use` switches it. */
  readonly use: string;
}
