import { identifier } from "../../clickhouse/index.ts";
import type { Project, RetentionPanel } from "../../model/index.ts";
import { resolveEntity } from "../behaviour/entity.ts";
import { resolveSelector } from "../behaviour/event-selector.ts";
import { retentionSql } from "../behaviour/retention-sql.ts";
import { WrittenBindings } from "./written-bindings.ts";

/** Most periods of a panel: they are gathered as bits. */
export const PANEL_PERIODS = 64;

/**
 * Counts of entities as `retention` has them: of the cohort of period `start`, those that returned in `period` (-1: all); periods are counted from 0.
 * @param edges SQL of the edges of the periods, seconds since 1970: `Array(Int64)`, {@link PANEL_PERIODS} + 1 at most
 * @throws QueryError if the panel asks what cannot be answered
 */
export function panelRetentionSql(project: Project, { first, returning = first }: RetentionPanel, edges: string): string {
  const bindings = new WrittenBindings();
  const selectors = { first: resolveSelector(project, first), returning: resolveSelector(project, returning) };
  const number = `(indexOf(${edges}, roundDown(toUnixTimestamp64Second(time), ${edges})) - 1)`;
  const edge = (place: number): string => `toDateTime64(${edges}[${place}], 6, 'UTC')`;
  const counted = {
    ...selectors,
    cohort: "first",
    entity: resolveEntity(Object.values(selectors), "subject"),
    table: `${identifier(project.name)}.events`,
    number,
    periods: PANEL_PERIODS,
    since: `time >= ${edge(1)}`,
    until: `time < ${edge(-1)}`,
  } as const;
  return retentionSql(counted, bindings);
}
