import Handlebars from "handlebars";

/** Handlebars' syntax tree, with the unions that its own types leave open. */
export type Literal =
  | hbs.AST.StringLiteral
  | hbs.AST.NumberLiteral
  | hbs.AST.BooleanLiteral
  | hbs.AST.UndefinedLiteral
  | hbs.AST.NullLiteral;
export type PathExpression = hbs.AST.PathExpression;
export type Expression = Literal | PathExpression | hbs.AST.SubExpression;
export type Program = hbs.AST.Program;
export type Statement =
  | hbs.AST.MustacheStatement
  | hbs.AST.BlockStatement
  | hbs.AST.PartialStatement
  | (hbs.AST.PartialBlockStatement & { readonly type: "PartialBlockStatement" })
  | (Omit<hbs.AST.Decorator, "type"> & { readonly type: "Decorator" | "DecoratorBlock" })
  | hbs.AST.ContentStatement
  | hbs.AST.CommentStatement;
/** A helper's call in any of its three forms. */
export type HelperCall = hbs.AST.MustacheStatement | hbs.AST.BlockStatement | hbs.AST.SubExpression;

export type TemplateParse =
  | { readonly ok: true; readonly program: Program }
  | { readonly ok: false; readonly line: number; readonly message: string };

/** Parses a template; `line` counts from 1 within it. */
export function parseProgram(template: string): TemplateParse {
  try {
    return { ok: true, program: Handlebars.parse(template) };
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    return { ok: false, ...readParseError(text) };
  }
}

export function statementsOf(program: Program | undefined | null): readonly Statement[] {
  return (program?.body ?? []) as Statement[];
}

export function paramsOf(call: HelperCall | hbs.AST.PartialStatement): readonly Expression[] {
  return call.params as Expression[];
}

export function hashOf(call: HelperCall | hbs.AST.PartialStatement): readonly { key: string; value: Expression }[] {
  // The parser leaves the hash out when there is none.
  const hash = call.hash as hbs.AST.Hash | undefined;
  return (hash?.pairs ?? []).map((pair) => ({ key: pair.key, value: pair.value as Expression }));
}

export function blockParamsOf(program: Program | undefined | null): readonly string[] {
  return program?.blockParams ?? [];
}

/** The name that a call starts with, unless it is a path such as `this.x`, `../x`, `@x` or `a.b`. */
export function simpleName(call: HelperCall): string | undefined {
  const path = call.path as PathExpression | Literal;
  if (path.type !== "PathExpression") return String("original" in path ? path.original : path.type);
  return Handlebars.AST.helpers.simpleId(path) && !path.data ? path.parts[0] : undefined;
}

// "Parse error on line 3:\n<source>\n---^\nExpecting ..., got 'X'", "Lexical error on line 3. ..." or "<message> - 3:5".
function readParseError(text: string): { line: number; message: string } {
  const grammar = /^(?:Parse|Lexical) error on line (\d+)/.exec(text);
  if (grammar) {
    const isCutOff = text.endsWith("got 'EOF'");
    const advice = isCutOff ? "a block or an expression is not closed" : "check the braces, quotes and block ends here";
    return { line: Number(grammar[1]), message: `The template cannot be read: ${advice}.` };
  }
  const located = /^(.*) - (\d+):\d+$/s.exec(text);
  if (located) return { line: Number(located[2]), message: `The template cannot be read: ${located[1]!}.` };
  return { line: 1, message: `The template cannot be read: ${text.split("\n")[0]!}` };
}
