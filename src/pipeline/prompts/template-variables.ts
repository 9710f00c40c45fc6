import type { ParsedTemplate } from "./parse-template.ts";
import { helperRule } from "./helper-rules.ts";
import { blockParamsOf, hashOf, paramsOf, simpleName, statementsOf } from "./template-ast.ts";
import type { Expression, HelperCall, Literal, PathExpression, Program, Statement } from "./template-ast.ts";

/** Stands in a path for whichever item a loop is at. */
export const everyItem = Symbol("every item");
export type Step = string | typeof everyItem;

/** One use of a variable in a template. */
export interface TemplateVariable {
  /** As written, such as `../title`. */
  readonly name: string;
  /** Line of the prompt file; for a use in a partial, the line that calls it. */
  readonly line: number;
  /** Where the use stands if it is not in the prompt file itself. */
  readonly partial?: { readonly name: string; readonly line: number };
  /** From the input's root; absent if the name leads nowhere near the input, such as `@user` or a `../` too many. */
  readonly path?: readonly Step[];
  /** Whether its text is put into the prompt, its items are looped over, or it is only tested or passed on. */
  readonly use: "print" | "loop" | "other";
}

/** Lists every variable use with the path that it has from the input's root, through blocks, block names and partials. */
export function listTemplateVariables(template: ParsedTemplate): readonly TemplateVariable[] {
  const walker = new Walker(template);
  walker.walkProgram(template.program, {
    context: [],
    blockParams: new Map(),
    isInEach: false,
    callers: [],
    locate: (line) => ({ line: line + template.firstLine - 1 }),
  });
  return walker.variables;
}

/** A path from the input's root, or undefined for a value that is computed and so cannot be followed. */
type Value = readonly Step[] | undefined;

interface Scope {
  readonly context: Value;
  /** What `../` reaches. */
  readonly parent?: Scope;
  /** Values passed to a partial as name=value; they lie over the context. */
  readonly passed?: ReadonlyMap<string, Value>;
  readonly blockParams: ReadonlyMap<string, Value>;
  readonly isInEach: boolean;
  /** Partials that are open around this place. */
  readonly callers: readonly string[];
  readonly locate: (line: number) => Pick<TemplateVariable, "line" | "partial">;
}

const loopVariables = new Set(["index", "key", "first", "last"]);

class Walker {
  readonly variables: TemplateVariable[] = [];
  readonly #template: ParsedTemplate;

  constructor(template: ParsedTemplate) {
    this.#template = template;
  }

  walkProgram(program: Program | undefined | null, scope: Scope): void {
    for (const statement of statementsOf(program)) this.#walkStatement(statement, scope);
  }

  #walkStatement(statement: Statement, scope: Scope): void {
    if (statement.type === "MustacheStatement") this.#walkMustache(statement, scope);
    else if (statement.type === "BlockStatement") this.#walkBlock(statement, scope);
    else if (statement.type === "PartialStatement") this.#walkPartial(statement, scope);
  }

  #walkMustache(statement: hbs.AST.MustacheStatement, scope: Scope): void {
    const name = simpleName(statement);
    const hasArguments = paramsOf(statement).length + hashOf(statement).length > 0;
    const isHelper = name !== undefined && !scope.blockParams.has(name) && helperRule(name) !== undefined;
    if (isHelper || hasArguments) this.#walkArguments(statement, scope);
    else this.#use(statement.path as PathExpression | Literal, scope, "print");
  }

  #walkBlock(block: hbs.AST.BlockStatement, scope: Scope): void {
    const helper = simpleName(block);
    const [first] = paramsOf(block);
    this.#walkArguments(block, scope, helper === "each" ? "loop" : "other");
    if (first && helper === "each") this.walkProgram(block.program, this.#enterLoop(block, first, scope));
    else if (first && helper === "with") this.walkProgram(block.program, this.#enterWith(block, first, scope));
    // What an unknown block would do to the context is unknown too.
    else this.walkProgram(block.program, helper && helperRule(helper) ? scope : { ...scope, context: undefined });
    this.walkProgram(block.inverse, scope);
  }

  #enterLoop(block: hbs.AST.BlockStatement, list: Expression, scope: Scope): Scope {
    const value = this.#resolve(list, scope);
    const item: Value = value && [...value, everyItem];
    const [itemName, keyName] = blockParamsOf(block.program);
    const blockParams = new Map(scope.blockParams);
    if (itemName !== undefined) blockParams.set(itemName, item);
    if (keyName !== undefined) blockParams.set(keyName, undefined);
    return { ...nested(scope), context: item, blockParams, isInEach: true };
  }

  #enterWith(block: hbs.AST.BlockStatement, target: Expression, scope: Scope): Scope {
    const value = this.#resolve(target, scope);
    const [name] = blockParamsOf(block.program);
    const blockParams = name === undefined ? scope.blockParams : new Map(scope.blockParams).set(name, value);
    // Handlebars adds no level for `{{#with this}}`: `../` goes on from where it was.
    if (target.type === "PathExpression" && target.parts.length === 0 && target.depth === 0 && !target.data) {
      return { ...scope, blockParams };
    }
    return { ...nested(scope), context: value, blockParams };
  }

  #walkPartial(statement: hbs.AST.PartialStatement, scope: Scope): void {
    const [contextParam] = paramsOf(statement);
    for (const param of paramsOf(statement)) this.#walkExpression(param, scope);
    for (const { value } of hashOf(statement)) this.#walkExpression(value, scope);

    const name = (statement.name as PathExpression | hbs.AST.StringLiteral).original;
    const partial = this.#template.partials.get(name);
    // A circle of partials is refused elsewhere.
    if (!partial || scope.callers.includes(name)) return;
    const passed = new Map(contextParam ? [] : scope.passed);
    for (const { key, value } of hashOf(statement)) passed.set(key, this.#resolve(value, scope));
    const at = scope.locate(statement.loc.start.line);
    // A partial starts a new chain of `../`, and sees no block names of its caller.
    this.walkProgram(partial.program, {
      context: contextParam ? this.#resolve(contextParam, scope) : scope.context,
      passed,
      blockParams: new Map(),
      isInEach: scope.isInEach,
      callers: [...scope.callers, name],
      locate: (line) => ({ line: at.line, partial: { name, line } }),
    });
  }

  #walkArguments(call: HelperCall, scope: Scope, use: TemplateVariable["use"] = "other"): void {
    for (const param of paramsOf(call)) this.#walkExpression(param, scope, use);
    for (const { value } of hashOf(call)) this.#walkExpression(value, scope);
  }

  #walkExpression(expression: Expression, scope: Scope, use: TemplateVariable["use"] = "other"): void {
    if (expression.type === "PathExpression") this.#use(expression, scope, use);
    else if (expression.type === "SubExpression") this.#walkArguments(expression, scope);
  }

  #use(target: PathExpression | Literal, scope: Scope, use: TemplateVariable["use"]): void {
    const place = scope.locate(target.loc.start.line);
    if (target.type !== "PathExpression") {
      // `{{"a field"}}` and `{{12}}` read the field of that name.
      const name = String("original" in target ? target.original : target.type);
      const path = lookUp([name], scope);
      if (path) this.variables.push({ name, ...place, path, use });
      return;
    }
    if (isLoopVariable(target, scope)) return;
    const owner = ownerOf(target, scope);
    const name = target.original;
    if (owner === "nowhere") this.variables.push({ name, ...place, use });
    else {
      const path = this.#resolve(target, scope);
      if (path) this.variables.push({ name, ...place, path, use });
    }
  }

  #resolve(expression: Expression, scope: Scope): Value {
    if (expression.type === "SubExpression") return this.#resolveLookup(expression, scope);
    if (expression.type !== "PathExpression") return undefined;
    const owner = ownerOf(expression, scope);
    if (owner === "nowhere") return undefined;
    if (owner === "root") return expression.parts.slice(1);
    const isScoped = /^(?:\.|this\b)/.test(expression.original);
    const [first] = expression.parts;
    if (first !== undefined && !isScoped && scope.blockParams.has(first)) {
      return append(scope.blockParams.get(first), expression.parts.slice(1));
    }
    return lookUp(expression.parts, owner);
  }

  #resolveLookup(expression: hbs.AST.SubExpression, scope: Scope): Value {
    const [object, key] = paramsOf(expression);
    if (simpleName(expression) !== "lookup" || !object || key?.type !== "StringLiteral") return undefined;
    return append(this.#resolve(object, scope), [key.value]);
  }
}

/** A level further in: what was passed to the partial lies over the outer context only. */
function nested(scope: Scope): Scope {
  return { ...scope, parent: scope, passed: new Map() };
}

function lookUp(parts: readonly string[], scope: Scope): Value {
  const [first] = parts;
  if (first !== undefined && scope.passed?.has(first)) return append(scope.passed.get(first), parts.slice(1));
  return append(scope.context, parts);
}

function append(value: Value, parts: readonly string[]): Value {
  return value && [...value, ...parts];
}

function isLoopVariable(path: PathExpression, scope: Scope): boolean {
  return path.data && scope.isInEach && path.parts.length === 1 && loopVariables.has(path.parts[0]!);
}

/** The scope whose context a path starts from. */
function ownerOf(path: PathExpression, scope: Scope): Scope | "root" | "nowhere" {
  if (path.data) return path.parts[0] === "root" ? "root" : "nowhere";
  let owner: Scope | undefined = scope;
  for (let depth = path.depth; depth > 0; depth--) owner = owner?.parent;
  return owner ?? "nowhere";
}
