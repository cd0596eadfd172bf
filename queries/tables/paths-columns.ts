import type { PathsAnswer } from "../behaviour/paths.ts";
import { numbers, texts, type Column, type Columns } from "./columns.ts";

/** A row for each path, with a column for each step. */
export function pathsColumns({ length, paths }: PathsAnswer): Columns {
  const steps = Array.from({ length }, (_, index): [string, Column] => [
    `step_${index + 1}`,
    texts(paths.map(({ path }) => path[index] ?? "")),
  ]);
  return {
    ...Object.fromEntries(steps),
    count: numbers(paths.map(({ count }) => count)),
    share: numbers(paths.map(({ share }) => share)),
    entities: numbers(paths.map(({ entities }) => entities)),
  };
}
