import type { AnyNode, ArrayExpression, ObjectExpression, Program } from "acorn";
import { parseModule } from "./parse-module.ts";

export type PropertyPath = readonly (string | number)[];

/**
 * Finds the line on which a property of a module's default export is written, such as
 * `["route", "rules", 0, "use"]` inside `export default defineEndpoint({ ... })`. Best effort: where the literal cannot be
 * followed (a spread, an imported value) it is the line of the deepest property found, at worst that of the export.
 */
export function createPropertyLocator(source: string, fileName: string): (path: PropertyPath) => number | undefined {
  let program: Program | undefined;
  let isParsed = false;
  return (path) => {
    if (!isParsed) {
      const parsed = parseModule(source, fileName);
      program = parsed.ok ? parsed.program : undefined;
      isParsed = true;
    }
    return program && locateProperty(program, path);
  };
}

function locateProperty(program: Program, path: PropertyPath): number | undefined {
  const exported = program.body.find((node) => node.type === "ExportDefaultDeclaration");
  if (!exported) return undefined;
  const declared = collectConstants(program);
  let line = exported.loc?.start.line;
  let node: AnyNode | undefined = exported.declaration;
  for (const step of path) {
    const literal = findLiteral(node, declared);
    const found = literal && findChild(literal, step, declared);
    if (!found) return line;
    line = found.lineOf.loc?.start.line ?? line;
    node = found.value;
  }
  return line;
}

interface Child {
  /** The node that stands for the property: the key, so that a long value points at its start. */
  readonly lineOf: AnyNode;
  readonly value: AnyNode;
}

type Constants = ReadonlyMap<string, AnyNode>;

function collectConstants(program: Program): Constants {
  const declarations = program.body.map((node) =>
    node.type === "ExportNamedDeclaration" && node.declaration ? node.declaration : node,
  );
  return new Map(
    declarations
      .filter((node) => node.type === "VariableDeclaration")
      .flatMap((node) => node.declarations)
      .flatMap(({ id, init }) => (id.type === "Identifier" && init ? [[id.name, init as AnyNode] as const] : [])),
  );
}

const maxIndirections = 20;

/**
 * The object or array literal that an expression is made from. Follows constants, `defineEndpoint({})`, and builders such
 * as `z.object({}).strict()`, whose fields are written in the first argument.
 */
function findLiteral(
  node: AnyNode | undefined,
  declared: Constants,
  depth = 0,
): ObjectExpression | ArrayExpression | undefined {
  if (!node || depth > maxIndirections) return undefined;
  const follow = (next: AnyNode | undefined): ObjectExpression | ArrayExpression | undefined =>
    findLiteral(next, declared, depth + 1);
  switch (node.type) {
    case "ObjectExpression":
    case "ArrayExpression":
      return node;
    case "Identifier":
      return follow(declared.get(node.name));
    case "CallExpression":
      return (
        follow(node.arguments[0]) ?? (node.callee.type === "MemberExpression" ? follow(node.callee.object) : undefined)
      );
    case "ParenthesizedExpression":
      return follow(node.expression);
    case "ArrowFunctionExpression":
      return follow(node.body);
    default:
      return undefined;
  }
}

function findChild(
  literal: ObjectExpression | ArrayExpression,
  step: string | number,
  declared: Constants,
): Child | undefined {
  if (literal.type === "ArrayExpression") {
    const element = literal.elements[Number(step)] as AnyNode | null | undefined;
    return element ? { lineOf: element, value: element } : undefined;
  }
  const own = findProperty(literal, String(step));
  if (own) return own;
  // Raw JSON Schema keeps its fields one level deeper than a builder does.
  const fields = findLiteral(findProperty(literal, "properties")?.value, declared);
  return fields?.type === "ObjectExpression" ? findProperty(fields, String(step)) : undefined;
}

function findProperty(literal: ObjectExpression, name: string): Child | undefined {
  const property = literal.properties.findLast(
    (candidate) => candidate.type === "Property" && !candidate.computed && nameOf(candidate.key as AnyNode) === name,
  );
  return property?.type === "Property"
    ? { lineOf: property.key as AnyNode, value: property.value as AnyNode }
    : undefined;
}

function nameOf(key: AnyNode): string | undefined {
  if (key.type === "Identifier") return key.name;
  return key.type === "Literal" ? String(key.value) : undefined;
}
