import { expect, test } from "vitest";
import { emptyState } from "./empty-state.ts";

test.each([
  ["SimpleAggregateFunction(sum, Int128)", "CAST(0, 'Int128')"],
  ["SimpleAggregateFunction(max, Nullable(Float64))", "CAST(NULL, 'Nullable(Float64)')"],
  ["AggregateFunction(uniqExact, Nullable(String))", "arrayReduce('uniqExactState', CAST([], 'Array(Nullable(String))'))"],
  [
    "AggregateFunction(quantilesDD(0.01, 0.5), Nullable(Float64))",
    "arrayReduce('quantilesDDState(0.01, 0.5)', CAST([], 'Array(Nullable(Float64))'))",
  ],
  [
    "AggregateFunction(argMax, Nullable(Float64), Tuple(String, UInt64))",
    "arrayReduce('argMaxState', CAST([], 'Array(Nullable(Float64))'), CAST([], 'Array(Tuple(String, UInt64))'))",
  ],
])("the empty state of %s is of its type", (type, sql) => {
  expect(emptyState({ name: "value", type, state: "" })).toBe(sql);
});

test("what is no state has no empty one", () => {
  expect(() => emptyState({ name: "value", type: "UInt64", state: "" })).toThrow('The state "value" is no state: UInt64.');
});
