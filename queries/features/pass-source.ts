import { fieldSql } from "../../clickhouse/index.ts";
import { resolveField, type EventDefinition, type Watermark } from "../../model/index.ts";
import { Bindings } from "../bindings.ts";
import { atOrBefore } from "../watermark.ts";
import type { FeatureColumn } from "./feature-columns.ts";
import type { SpineTable } from "./spine-table.ts";

/** The events of one type that any label of the spine can count, and the features over them. */
export interface PassSource {
  readonly event: EventDefinition;
  readonly features: readonly FeatureColumn[];
  /** The entity of an event as text, as SQL over `events`. */
  readonly entity: string;
  /** Holds for events that lie at or before the watermark, and within the longest window of some label. */
  readonly where: string;
  readonly params: Readonly<Record<string, unknown>>;
}

/** What holds for all labels, so that ClickHouse finds the events by its primary key. */
export function passSource(
  event: EventDefinition,
  features: readonly FeatureColumn[],
  entity: string,
  spine: SpineTable,
  asOf: Watermark,
): PassSource {
  const bindings = new Bindings();
  const delay = Math.min(...features.map((feature) => feature.delay));
  const reach = Math.max(...features.map((feature) => feature.reach));
  const where = `type = ${bindings.bind("String", event.type)}
  AND time >= ${bindings.moment(Math.max(0, spine.times.first - reach))} AND time < ${bindings.moment(Math.max(0, spine.times.last - delay))}
  AND ${atOrBefore(asOf, bindings)}`;
  return { event, features, entity: entitySql(event, entity), where, params: bindings.params };
}

/** The entity of an event as text, as SQL over `events`. */
export function entitySql(event: EventDefinition, ref: string): string {
  const field = resolveField(event, ref);
  if ("problem" in field) throw new Error(`No entity: ${field.problem}.`);
  return `toString(${fieldSql(field).expression})`;
}
