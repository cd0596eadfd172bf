import { identifier } from "./identifier.ts";
import type { StateColumn } from "./measure-sql.ts";

/** `SimpleAggregateFunction(sum, Int128)` or `AggregateFunction(quantilesDD(0.01, 0.5), Nullable(Float64))`: the function, and its parameters. */
const TYPE = /^(Simple)?AggregateFunction\((\w+)(\([^)]*\))?,/;

/** The aggregate that puts several states of a column together to one of the same type. */
export function combinedState({ name, type }: StateColumn): string {
  const [, simple, aggregate, parameters = ""] = TYPE.exec(type) ?? [];
  if (aggregate === undefined) throw new Error(`The state "${name}" is no state: ${type}.`);
  return simple === undefined ? `${aggregate}MergeState${parameters}(${identifier(name)})` : `${aggregate}(${identifier(name)})`;
}
