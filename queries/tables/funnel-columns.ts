import type { FunnelAnswer } from "../behaviour/funnel-request.ts";
import { dimension, numbers, texts, type Columns } from "./columns.ts";

/** A row for each step of each group; times in seconds. */
export function funnelColumns({ by, groups }: FunnelAnswer): Columns {
  const rows = groups.flatMap(({ group, open, steps }) => steps.map((step) => ({ ...step, value: Object.values(group)[0] ?? null, open })));
  return {
    ...(by === null ? {} : { [by]: dimension(rows.map(({ value }) => value)) }),
    step: numbers(rows.map(({ step }) => step)),
    event: texts(rows.map(({ event }) => event)),
    entities: numbers(rows.map(({ entities }) => entities)),
    of_first: numbers(rows.map(({ ofFirst }) => ofFirst)),
    of_previous: numbers(rows.map(({ ofPrevious }) => ofPrevious)),
    median_from_previous: numbers(rows.map(({ fromPrevious }) => fromPrevious?.median ?? null)),
    p90_from_previous: numbers(rows.map(({ fromPrevious }) => fromPrevious?.p90 ?? null)),
    median_from_first: numbers(rows.map(({ fromFirst }) => fromFirst?.median ?? null)),
    p90_from_first: numbers(rows.map(({ fromFirst }) => fromFirst?.p90 ?? null)),
    open: numbers(rows.map(({ open }) => open)),
  };
}
