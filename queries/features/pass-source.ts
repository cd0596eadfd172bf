import { fieldSql } from "../../clickhouse/index.ts";
import { resolveField, type EntityColumn, type EventDefinition, type Filter, type Watermark } from "../../model/index.ts";
import { Bindings } from "../bindings.ts";
import { filterSql } from "../filter/filter-sql.ts";
import { resolveFilter } from "../filter/resolve-filter.ts";
import { atOrBefore } from "../watermark.ts";
import type { CountedColumn } from "./counted-columns.ts";
import { entityKey } from "./entity-key.ts";
import type { SpineTable } from "./spine-table.ts";

/** A measure with its filters as SQL over `events`. */
export interface BoundColumn extends CountedColumn {
  /** Holds for the events that fit; absent if all do. */
  readonly condition: string | undefined;
}

/** The events of one type that any label of the spine can count, and what is measured over them. */
export interface PassSource {
  readonly event: EventDefinition;
  readonly features: readonly BoundColumn[];
  /** The entity of an event as text, as SQL over `events`. */
  readonly entity: string;
  /** Holds for events that lie at or before the watermark, and within the longest window of some label. */
  readonly where: string;
  /** Of all the SQL in here. */
  readonly params: Readonly<Record<string, unknown>>;
}

/**
 * What holds for all labels, so that ClickHouse finds the events by its primary key.
 * @param bindings of the statement, if other parts of it have values too
 */
export function passSource(
  event: EventDefinition,
  columns: readonly CountedColumn[],
  entity: readonly EntityColumn[],
  spine: Pick<SpineTable, "times">,
  asOf: Watermark,
  bindings = new Bindings(),
): PassSource {
  const delay = Math.min(...columns.map((column) => column.delay));
  const reach = Math.max(...columns.map((column) => column.reach));
  const where = `type = ${bindings.bind("String", event.type)}
  AND time >= ${bindings.moment(Math.max(0, spine.times.first - reach))} AND time < ${bindings.moment(Math.max(0, spine.times.last - delay))}
  AND ${atOrBefore(asOf, bindings)}`;
  const features = columns.map((column) => ({ ...column, condition: filtersSql(event, column.filters, bindings) }));
  const parts = entity.map(({ field }) => `toString(${fieldExpression(event, field)})`);
  return { event, features, entity: entityKey(parts), where, params: bindings.params };
}

/** Holds for the events of a type that fit all filters; undefined if there are none. */
export function filtersSql(event: EventDefinition, filters: readonly Filter[], bindings: Bindings): string | undefined {
  const resolved = filters.flatMap((filter) => resolveFilter(event, filter));
  if (resolved.length === 0) return undefined;
  return resolved.map((filter) => filterSql(filter, fieldSql(filter.field).expression, bindings)).join(" AND ");
}

/** A field of an event's entity, as SQL over `events`. */
export function fieldExpression(event: EventDefinition, ref: string): string {
  const field = resolveField(event, ref);
  if ("problem" in field) throw new Error(`No entity: ${field.problem}.`);
  return fieldSql(field).expression;
}
