import type { MoversAnswer } from "../signals/movers.ts";
import { numbers, type Columns } from "./columns.ts";
import { dimensionColumns } from "./series-columns.ts";

/** The groups as columns, for files. */
export function moversColumns({ groupBy, movers }: MoversAnswer): Columns {
  return {
    ...dimensionColumns(movers, groupBy),
    before: numbers(movers.map(({ before }) => before)),
    now: numbers(movers.map(({ now }) => now)),
    difference: numbers(movers.map(({ difference }) => difference)),
    growth: numbers(movers.map(({ growth }) => growth)),
    contribution: numbers(movers.map(({ contribution }) => contribution)),
  };
}
