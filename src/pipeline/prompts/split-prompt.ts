export interface SplitPrompt {
  /** YAML between the two `---` lines. */
  readonly frontMatter?: string;
  /** Line of the file on which the YAML begins. */
  readonly frontMatterLine: number;
  readonly template: string;
  /** Line of the file on which the template begins. */
  readonly templateLine: number;
  /** True if the first `---` has no second one: the file is then all template. */
  readonly isUnclosed: boolean;
}

const fence = /^---[ \t]*$/;
const lineBreak = /\r\n|\r|\n/;

/**
 * Separates front matter and template by dotprompt's rules: a template after front matter loses the blank space around it,
 * a file without front matter is a template exactly as it stands.
 */
export function splitPrompt(text: string): SplitPrompt {
  const source = text.startsWith("\uFEFF") ? text.slice(1) : text;
  const lines = source.split(lineBreak);
  const whole = { template: source, frontMatterLine: 1, templateLine: 1 };
  if (!fence.test(lines[0]!)) return { ...whole, isUnclosed: false };
  const close = lines.findIndex((line, index) => index > 0 && fence.test(line));
  if (close === -1) return { ...whole, isUnclosed: true };

  const body = source.split(lineBreak, close + 1).reduce((at, line) => skipLine(source, at + line.length), 0);
  const rest = source.slice(body);
  const template = rest.trim();
  const leading = rest.slice(0, template === "" ? 0 : rest.indexOf(template));
  return {
    frontMatter: lines.slice(1, close).join("\n"),
    frontMatterLine: 2,
    template,
    templateLine: close + 1 + leading.split(lineBreak).length,
    isUnclosed: false,
  };
}

function skipLine(source: string, end: number): number {
  if (source.startsWith("\r\n", end)) return end + 2;
  return Math.min(end + 1, source.length);
}
