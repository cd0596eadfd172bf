import type { BoundSql } from "../bound-sql.ts";

/**
 * The start of the bucket (microseconds since 1970) that a moment lies in, with the edges computed in TypeScript: SQL cannot disagree with them.
 * Equal buckets take two integer operations; others a binary search over the edges, which travel as runs of equal steps (days of a
 * century: 500 runs instead of 36,500 edges) and are summed up once, when the query is analysed.
 * @param micros SQL expression of the moment, Int64, microseconds since 1970, not before the first edge by a bucket's length or more
 */
export function bucketSql(edges: readonly number[], micros: string): BoundSql {
  const origin = edges[0] ?? 0;
  const { steps, counts } = runsOf(edges);
  if (steps.length === 1) {
    return { sql: `intDiv(${micros} - {origin:Int64}, {step:Int64}) * {step:Int64} + {origin:Int64}`, params: { origin, step: steps[0] } };
  }
  return { sql: `roundDown(${micros}, ${EDGES})`, params: { origin, steps, counts } };
}

/** The edges, from the values that {@link edgesSql} binds; constant to ClickHouse. */
const STEPS = "arrayFlatten(arrayMap((step, times) -> arrayWithConstant(times, step), {steps:Array(Int64)}, {counts:Array(UInt32)}))";
const EDGES = `arrayCumSum(arrayConcat([{origin:Int64}], ${STEPS}))`;

/** The edges themselves, `Array(Int64)`, microseconds since 1970. */
export function edgesSql(edges: readonly number[]): BoundSql {
  return { sql: EDGES, params: { origin: edges[0] ?? 0, ...runsOf(edges) } };
}

/** The distances between edges, as runs of equal ones. */
function runsOf(edges: readonly number[]): { steps: number[]; counts: number[] } {
  const steps: number[] = [];
  const counts: number[] = [];
  for (const [index, edge] of edges.entries()) {
    if (index === 0) continue;
    const step = edge - (edges[index - 1] ?? edge);
    if (steps.at(-1) === step) counts.push((counts.pop() ?? 0) + 1);
    else {
      steps.push(step);
      counts.push(1);
    }
  }
  return { steps, counts };
}
