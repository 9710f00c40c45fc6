/** How a helper may be called. There are no others: a template cannot reach code that is not listed here. */
export interface HelperRule {
  /** `block` wraps text, `value` gives a value anywhere, `mark` stands alone and shapes the messages. */
  readonly form: "block" | "value" | "mark";
  readonly params: number;
  readonly hash?: readonly string[];
  /** How many names `as |...|` may take. */
  readonly blockParams?: number;
  /** The one string that the call must hold literally, so that no input can choose it. */
  readonly literal?: readonly string[] | "any";
  readonly usage: string;
}

const rules: Readonly<Record<string, HelperRule>> = {
  if: { form: "block", params: 1, hash: ["includeZero"], usage: "{{#if field}}...{{/if}}" },
  unless: { form: "block", params: 1, hash: ["includeZero"], usage: "{{#unless field}}...{{/unless}}" },
  each: { form: "block", params: 1, blockParams: 2, usage: "{{#each list}}{{this}}{{/each}}" },
  with: { form: "block", params: 1, blockParams: 1, usage: "{{#with object}}{{field}}{{/with}}" },
  ifEquals: { form: "block", params: 2, usage: "{{#ifEquals left right}}...{{/ifEquals}}" },
  unlessEquals: { form: "block", params: 2, usage: "{{#unlessEquals left right}}...{{/unlessEquals}}" },
  lookup: { form: "value", params: 2, usage: "{{lookup object key}}" },
  json: { form: "value", params: 1, hash: ["indent"], usage: "{{json field indent=2}}" },
  role: { form: "mark", params: 1, literal: ["system", "user", "model"], usage: '{{role "system"}}' },
  history: { form: "mark", params: 0, usage: "{{history}}" },
  section: { form: "mark", params: 1, literal: "any", usage: '{{section "name"}}' },
  media: { form: "mark", params: 0, hash: ["url", "contentType"], usage: "{{media url=field}}" },
};

export const helperNames: readonly string[] = Object.keys(rules);

export function helperRule(name: string): HelperRule | undefined {
  return Object.hasOwn(rules, name) ? rules[name] : undefined;
}
