import type { RetentionAnswer } from "../behaviour/retention.ts";
import { numbers, texts, times, type Columns } from "./columns.ts";

/** A row for each cohort and each of its periods. */
export function retentionColumns({ cohorts }: RetentionAnswer): Columns {
  const rows = cohorts.flatMap((cohort, index) =>
    cohort.returned.map((returned, later) => ({ cohort, later, returned, state: cohorts[index + later]?.state ?? null })),
  );
  return {
    start: times(rows.map(({ cohort }) => cohort.start)),
    end: times(rows.map(({ cohort }) => cohort.end)),
    entities: numbers(rows.map(({ cohort }) => cohort.size)),
    period: numbers(rows.map(({ later }) => later)),
    returned: numbers(rows.map(({ returned }) => returned)),
    share: numbers(rows.map(({ cohort, returned }) => (cohort.size === 0 ? null : returned / cohort.size))),
    state: texts(rows.map(({ state }) => state)),
  };
}
