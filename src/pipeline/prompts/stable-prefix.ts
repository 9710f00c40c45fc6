import type { Message } from "../../message.ts";
import type { Mark } from "./marks.ts";
import type { ParsedTemplate } from "./parse-template.ts";
import { toBlocks } from "./rendered-block.ts";
import { hashOf, paramsOf, simpleName, statementsOf, type Program, type Statement } from "./template-ast.ts";

/**
 * What is shorter no model caches: 1,024 tokens of about four characters. Some models ask for two or four times that, and
 * leave a mark on less unnoticed.
 */
const leastChars = 4096;

/**
 * How many of a template's first messages are the same whatever the input is, if it is worth having a provider keep them:
 * the instructions, but no message that holds a variable. 0: none.
 */
export function countStableMessages(template: ParsedTemplate): number {
  const pieces: (string | Mark)[] = [""];
  const isStable = addStatic(template.program, template, pieces);
  // A message that goes on with a variable is open: the sign keeps its place, even where nothing stands before it.
  if (!isStable) pieces.push(`${takeText(pieces)}.`);
  const blocks = toBlocks(pieces);
  const stable = isStable ? blocks : blocks.slice(0, -1);
  const texts = stable.flatMap((block) => (block.type === "message" ? block.parts : []));
  const chars = texts.reduce((sum, part) => sum + (part.type === "text" ? part.text.length : 0), 0);
  return chars >= leastChars ? stable.length : 0;
}

/** Has providers keep the prompt up to and with its `count` first messages, for 5 minutes after each use. */
export function markStableMessages(messages: readonly Message[], count: number): readonly Message[] {
  const last = messages[count - 1];
  if (typeof last?.content !== "string") return messages;
  return messages.with(count - 1, { ...last, content: [{ type: "text", text: last.content, cacheTtl: "5m" }] });
}

/** Adds what stands before the first variable. False: there is one. */
function addStatic(program: Program, template: ParsedTemplate, pieces: (string | Mark)[]): boolean {
  return statementsOf(program).every((statement) => addStatement(statement, template, pieces));
}

function addStatement(statement: Statement, template: ParsedTemplate, pieces: (string | Mark)[]): boolean {
  if (statement.type === "CommentStatement") return true;
  if (statement.type === "ContentStatement") {
    pieces.push(takeText(pieces) + statement.value);
    return true;
  }
  if (statement.type === "PartialStatement") {
    const { original } = statement.name as hbs.AST.PathExpression;
    const partial = template.partials.get(original);
    const isPlain = paramsOf(statement).length + hashOf(statement).length === 0;
    return isPlain && partial !== undefined && addStatic(partial.program, template, pieces);
  }
  if (statement.type !== "MustacheStatement" || simpleName(statement) !== "role") return false;
  const [role] = paramsOf(statement);
  if (role?.type !== "StringLiteral") return false;
  pieces.push({ type: "role", role: role.value });
  return true;
}

/** The text at the end, which goes on: blank text is judged as a whole. */
function takeText(pieces: (string | Mark)[]): string {
  const last = pieces.at(-1);
  if (typeof last !== "string") return "";
  pieces.pop();
  return last;
}
