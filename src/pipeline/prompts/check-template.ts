import { helperNames, helperRule } from "./helper-rules.ts";
import type { HelperRule } from "./helper-rules.ts";
import { didYouMean } from "../../nearest-name.ts";
import { blockParamsOf, hashOf, paramsOf, simpleName, statementsOf } from "./template-ast.ts";
import type { Expression, HelperCall, PathExpression, Program, Statement } from "./template-ast.ts";

/** A place in one template, `line` counted from 1 within it. */
export interface TemplatePlace {
  readonly name: string;
  readonly line: number;
}

export interface TemplateCheck {
  readonly problems: readonly { readonly line: number; readonly message: string }[];
  readonly partialCalls: readonly TemplatePlace[];
  readonly helperCalls: readonly TemplatePlace[];
}

// Indents multiply with the depth of nested input.
const maxIndent = 4;
const forbiddenNames = new Set(["__proto__", "constructor", "prototype"]);

/** Finds everything in one template that Headgate does not run, so that nothing surprises at render time. */
export function checkTemplate(program: Program): TemplateCheck {
  const checker = new Checker();
  checker.checkProgram(program);
  return checker;
}

class Checker implements TemplateCheck {
  readonly problems: { line: number; message: string }[] = [];
  readonly partialCalls: TemplatePlace[] = [];
  readonly helperCalls: TemplatePlace[] = [];

  checkProgram(program: Program | undefined | null): void {
    for (const statement of statementsOf(program)) this.#checkStatement(statement);
  }

  #checkStatement(statement: Statement): void {
    const { line } = statement.loc.start;
    switch (statement.type) {
      case "MustacheStatement":
        this.#checkMustache(statement);
        break;
      case "BlockStatement":
        this.#checkBlock(statement);
        break;
      case "PartialStatement":
        this.#checkPartial(statement);
        break;
      case "PartialBlockStatement":
        this.#refuse(
          line,
          "A partial with a body, {{#> name}}, is not supported. Write {{> name}} and pass values as name=value.",
        );
        break;
      case "Decorator":
      case "DecoratorBlock":
        this.#refuse(line, "Decorators, {{* name}}, are not supported. Put shared text into a file of partials/.");
        break;
      default:
    }
  }

  #checkMustache(statement: hbs.AST.MustacheStatement): void {
    const name = simpleName(statement);
    const hasArguments = paramsOf(statement).length + hashOf(statement).length > 0;
    const rule = name === undefined ? undefined : helperRule(name);
    if (!rule && !hasArguments) {
      this.#checkExpression(statement.path as Expression);
      this.#checkVariableName(statement.path as Expression);
      return;
    }
    this.#checkCall(statement, rule);
    if (rule?.form === "block") {
      this.#refuse(
        statement.loc.start.line,
        `"${name}" wraps text: write ${rule.usage}. For a field of that name, write {{this.${name}}}.`,
      );
    }
  }

  // Handlebars takes `{{@json}}` for a call of the helper "json".
  #checkVariableName(path: Expression): void {
    if (path.type === "PathExpression" && path.data && path.parts.length === 1 && helperRule(path.parts[0]!)) {
      this.#refuse(path.loc.start.line, `"${path.original}" is the name of a helper. Rename the variable.`);
    }
  }

  #checkBlock(block: hbs.AST.BlockStatement): void {
    const name = simpleName(block);
    const rule = name === undefined ? undefined : helperRule(name);
    const { line } = block.loc.start;
    if (!rule && paramsOf(block).length === 0) {
      const written = block.path.original;
      this.#refuse(
        line,
        `{{#${written}}} is no block. For a list write {{#each ${written}}}, for a condition {{#if ${written}}}.`,
      );
    } else {
      this.#checkCall(block, rule);
      if (rule && rule.form !== "block") this.#refuse(line, `"${name}" takes no text: write ${rule.usage}.`);
    }
    this.#checkBlockParams(block, rule?.blockParams ?? 0);
    this.checkProgram(block.program);
    this.checkProgram(block.inverse);
  }

  #checkBlockParams(block: hbs.AST.BlockStatement, most: number): void {
    const { line } = block.loc.start;
    const names = [...blockParamsOf(block.program), ...blockParamsOf(block.inverse)];
    if (names.length > most) {
      this.#refuse(
        line,
        most === 0 ? "Only each and with take names, as |name|." : `There can be ${most} of |${names.join(" ")}| here.`,
      );
    }
    for (const name of names) {
      if (helperRule(name)) this.#refuse(line, `"${name}" is a helper: choose another name in |${names.join(" ")}|.`);
    }
  }

  #checkPartial(statement: hbs.AST.PartialStatement): void {
    const { line } = statement.loc.start;
    const target = statement.name as Expression;
    if (target.type === "SubExpression") {
      this.#refuse(line, "The name of a partial must be written out: {{> name}}.");
    } else if (target.type === "PathExpression" && target.data) {
      this.#refuse(line, `{{> ${target.original}}} is not supported. Write {{> name}}.`);
    } else {
      const name = String("original" in target ? target.original : target.type);
      this.partialCalls.push({ name, line });
    }
    if (paramsOf(statement).length > 1) this.#refuse(line, "A partial takes one context: {{> name context}}.");
    for (const param of paramsOf(statement)) this.#checkExpression(param);
    for (const { value } of hashOf(statement)) this.#checkExpression(value);
  }

  #checkExpression(expression: Expression): void {
    if (expression.type === "PathExpression") {
      const forbidden = expression.parts.find((part) => forbiddenNames.has(part));
      if (forbidden !== undefined) {
        this.#refuse(
          expression.loc.start.line,
          `"${expression.original}" reaches into an object's prototype. Rename the field "${forbidden}".`,
        );
      }
    } else if (expression.type === "SubExpression") {
      const name = simpleName(expression);
      const rule = name === undefined ? undefined : helperRule(name);
      this.#checkCall(expression, rule);
      if (rule && rule.form !== "value") {
        this.#refuse(
          expression.loc.start.line,
          `"${name}" cannot stand inside another expression: write ${rule.usage}.`,
        );
      }
    }
  }

  #checkCall(call: HelperCall, rule: HelperRule | undefined): void {
    const { line } = call.loc.start;
    for (const param of paramsOf(call)) this.#checkExpression(param);
    for (const { value } of hashOf(call)) this.#checkExpression(value);
    const name = simpleName(call) ?? (call.path as PathExpression).original;
    if (!rule) {
      this.#refuse(
        line,
        `There is no helper "${name}". Use one of ${helperNames.join(", ")}.${didYouMean(name, helperNames)}`,
      );
      return;
    }
    this.helperCalls.push({ name, line });
    this.#checkArguments(call, name, rule);
  }

  #checkArguments(call: HelperCall, name: string, rule: HelperRule): void {
    const { line } = call.loc.start;
    const params = paramsOf(call);
    if (params.length !== rule.params) {
      const field = params.length === 0 ? ` For a field of that name, write {{this.${name}}}.` : "";
      this.#refuse(
        line,
        `"${name}" takes ${rule.params === 1 ? "1 value" : `${rule.params} values`}: write ${rule.usage}.${field}`,
      );
    } else if (rule.literal) {
      this.#checkLiteral(params[0]!, name, rule);
    }
    for (const { key, value } of hashOf(call)) {
      if (!rule.hash?.includes(key)) this.#refuse(line, `"${name}" has no option "${key}": write ${rule.usage}.`);
      else if (key === "indent" && !isIndent(value))
        this.#refuse(line, `"indent" must be a whole number from 0 to ${maxIndent}.`);
    }
    if (name === "media" && !hashOf(call).some(({ key }) => key === "url")) {
      this.#refuse(line, `"media" needs a url: write ${rule.usage}.`);
    }
  }

  #checkLiteral(param: Expression, name: string, rule: HelperRule): void {
    const { line } = param.loc.start;
    if (param.type !== "StringLiteral") {
      this.#refuse(
        line,
        `The name after "${name}" must be written out in quotes, so that no input can choose it: ${rule.usage}.`,
      );
    } else if (Array.isArray(rule.literal) && !rule.literal.includes(param.value)) {
      const known = rule.literal as readonly string[];
      const hint = param.value === "assistant" ? ' Did you mean "model"?' : didYouMean(param.value, known);
      this.#refuse(line, `There is no ${name} "${param.value}". Use one of ${known.join(", ")}.${hint}`);
    }
  }

  #refuse(line: number, message: string): void {
    this.problems.push({ line, message });
  }
}

function isIndent(value: Expression): boolean {
  return (
    value.type === "NumberLiteral" && Number.isInteger(value.value) && value.value >= 0 && value.value <= maxIndent
  );
}
