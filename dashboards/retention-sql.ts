import { identifier } from "../clickhouse/index.ts";
import { durationMs, type Project, type RetentionPanel } from "../model/index.ts";
import { ingestedUntilSql, PANEL_PERIODS, panelRetentionSql } from "../queries/index.ts";
import { dashboardGrid, gridSql } from "./grid-sql.ts";

const LATER_PERIODS = 12;
/** Names of the columns with shares: the same period, and later ones. */
export const RETENTION_COLUMNS: readonly string[] = Array.from({ length: LATER_PERIODS + 1 }, (_, index) => `+${index}`);

/**
 * A row for each period of the range, as `retention` has them: `cohort` (its start), `size`, `state`, and the shares of the cohort that returned in the same period ("+0") and each later one, null where that lies beyond the range.
 */
export function retentionPanelSql(project: Project, panel: RetentionPanel): string {
  const periods = `(length(_edges) - 1)`;
  const share = (name: string, place: number): string => {
    const found = `_counts[indexOf(_counts.1, toInt64(_start + ${place}))].2`;
    return `if(_start + ${place} >= ${periods} OR _size = 0, NULL, ${found} / _size) AS ${identifier(name)}`;
  };
  const knownTo = `least(toUnixTimestamp(now()), ifNull(toUnixTimestamp64Second(${ingestedUntilSql(project.streams, `${identifier(project.name)}.ingest_ledger`)}), 0))`;
  const end = "_edges[_start + 2]";
  return `WITH ${gridSql({ ...dashboardGrid(1), grain: `'${panel.period}'` })} AS _edges, ${knownTo} AS _known
SELECT toDateTime(_edges[_start + 1], 'UTC') AS cohort, _size AS size,
    multiIf(${end} > _known, 'open', ${end} + ${durationMs(project.lateness) / 1_000} > _known, 'provisional', 'final') AS state,
    ${RETENTION_COLUMNS.map(share).join(",\n    ")}
FROM
(
    SELECT _start, _all[indexOf(_all.1, toInt64(_start))].2 AS _counts, _counts[indexOf(_counts.1, toInt64(-1))].2 AS _size
    FROM
    (
        SELECT groupArray((start, periods)) AS _all
        FROM (SELECT start, groupArray((period, entities)) AS periods FROM (${panelRetentionSql(project, panel, "_edges")}) GROUP BY start)
    )
    ARRAY JOIN range(toUInt64(${periods}) + throwIf(${periods} > ${PANEL_PERIODS}, 'More than ${PANEL_PERIODS} cohorts: choose a shorter range.')) AS _start
)
ORDER BY cohort
LIMIT ${PANEL_PERIODS}`;
}
