/** What follows `?` in a model's name, such as `after=3&ms=60000`. */
export interface FaultParams {
  /** Not a number, or not there: `fallback`. */
  number(name: string, fallback: number): number;
  text(name: string, fallback: string): string;
  /** There with no value, `1` or `true`. */
  flag(name: string): boolean;
  has(name: string): boolean;
}

/** A model's name, read: `provider/fault:stall?after=3` is the fault `stall` with `after=3`. */
export interface ModelScript {
  /** The name without what stands before its last `/` and after its first `?`. */
  readonly base: string;
  /** Undefined for a healthy model. */
  readonly fault: string | undefined;
  readonly params: FaultParams;
}

export function parseModelName(model: string): ModelScript {
  // A parameter's value may hold a slash of its own.
  const question = model.indexOf("?");
  const path = question === -1 ? model : model.slice(0, question);
  const base = path.slice(path.lastIndexOf("/") + 1);
  return {
    base,
    fault: base.startsWith("fault:") ? base.slice("fault:".length) : undefined,
    params: parseParams(question === -1 ? "" : model.slice(question + 1)),
  };
}

/** Reads a fault as it is given to `setFault`: `stall?after=3`, with or without `fault:`. */
export function parseFault(fault: string): { readonly name: string; readonly params: FaultParams } {
  const question = fault.indexOf("?");
  const name = question === -1 ? fault : fault.slice(0, question);
  return {
    name: name.startsWith("fault:") ? name.slice("fault:".length) : name,
    params: parseParams(question === -1 ? "" : fault.slice(question + 1)),
  };
}

function parseParams(query: string): FaultParams {
  const params = new URLSearchParams(query);
  return {
    number: (name, fallback) => {
      const value = params.get(name);
      const number = value === null || value === "" ? Number.NaN : Number(value);
      return Number.isFinite(number) ? number : fallback;
    },
    text: (name, fallback) => params.get(name) ?? fallback,
    flag: (name) => ["", "1", "true"].includes(params.get(name) ?? "0"),
    has: (name) => params.has(name),
  };
}
