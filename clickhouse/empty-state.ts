import { literal } from "./identifier.ts";
import type { StateColumn } from "./measure-sql.ts";

/** `SimpleAggregateFunction(sum, Int128)` or `AggregateFunction(argMax, Nullable(Float64), Tuple(String, UInt64))`: the function with its parameters, and its arguments. */
const TYPE = /^(Simple)?AggregateFunction\((\w+(?:\([^)]*\))?), (.*)\)$/;

/** The state of a column that nothing went into: what a row has that is none of the metric's. It changes no state that it is put together with. */
export function emptyState({ name, type }: StateColumn): string {
  const [, simple, aggregate = "", values] = TYPE.exec(type) ?? [];
  if (values === undefined) throw new Error(`The state "${name}" is no state: ${type}.`);
  if (simple !== undefined) return `CAST(${values.startsWith("Nullable") ? "NULL" : "0"}, ${literal(values)})`;
  const state = aggregate.replace(/^\w+/, (word) => `${word}State`);
  return `arrayReduce(${literal(state)}, ${argumentTypes(values)
    .map((each) => `CAST([], ${literal(`Array(${each})`)})`)
    .join(", ")})`;
}

/** Cuts a list at the commas that no bracket holds. */
function argumentTypes(list: string): string[] {
  const types = [""];
  let depth = 0;
  for (const character of list) {
    if (character === "(") depth++;
    if (character === ")") depth--;
    if (character === "," && depth === 0) types.push("");
    else types.push(`${types.pop() ?? ""}${character}`);
  }
  return types.map((type) => type.trim());
}
