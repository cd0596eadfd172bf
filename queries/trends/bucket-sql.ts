import type { Bindings } from "../bindings.ts";

/**
 * The start of the bucket (microseconds since 1970) that a moment lies in, with the edges computed in TypeScript: SQL cannot disagree with them.
 * Equal buckets take two integer operations; others a binary search over the edges, which travel as runs of equal steps (days of a
 * century: 500 runs instead of 36,500 edges) and are summed up once, when the query is analysed.
 * @param micros SQL expression of the moment, Int64, microseconds since 1970, not before the first edge by a bucket's length or more
 */
export function bucketSql(edges: readonly number[], micros: string, bindings: Bindings): string {
  const key = bucketKeySql(edges, micros, bindings);
  const width = equalWidth(edges);
  return width === undefined ? key : `${key} * ${bindings.bind("Int64", width)} + ${bindings.bind("Int64", edges[0])}`;
}

/**
 * A number that is the same for all moments of a bucket, and {@link bucketSql} a function of it: who groups by it has the starts worked out once a bucket instead of once an event, which takes a tenth
 * off counting events.
 */
export function bucketKeySql(edges: readonly number[], micros: string, bindings: Bindings): string {
  const width = equalWidth(edges);
  if (width === undefined) return `roundDown(${micros}, ${edgesSql(edges, bindings)})`;
  return `intDiv(${micros} - ${bindings.bind("Int64", edges[0])}, ${bindings.bind("Int64", width)})`;
}

/** Microseconds between edges, if it is always as many. */
function equalWidth(edges: readonly number[]): number | undefined {
  const { counts, steps } = runsOf(edges);
  return counts.length === 1 ? steps[0] : undefined;
}

/** The edges themselves, `Array(Int64)`, microseconds since 1970; constant to ClickHouse. */
export function edgesSql(edges: readonly number[], bindings: Bindings): string {
  const { counts, steps } = runsOf(edges);
  const runs = `${bindings.bind("Array(Int64)", steps)}, ${bindings.bind("Array(UInt32)", counts)}`;
  const distances = `arrayFlatten(arrayMap((step, times) -> arrayWithConstant(times, step), ${runs}))`;
  return `arrayCumSum(arrayConcat([${bindings.bind("Int64", edges[0] ?? 0)}], ${distances}))`;
}

/** Runs of edges met before: their arrays are bound once, however often a statement names them. */
const known = new WeakMap<readonly number[], Runs>();

/** Distances between edges, as runs of equal ones. */
interface Runs {
  readonly steps: readonly number[];
  readonly counts: readonly number[];
}

function runsOf(edges: readonly number[]): Runs {
  const found = known.get(edges) ?? findRuns(edges);
  known.set(edges, found);
  return found;
}

function findRuns(edges: readonly number[]): Runs {
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
