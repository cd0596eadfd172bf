import { joinedValue } from "./joined-value.ts";
import type { PassSource } from "./pass-source.ts";

/**
 * The events, joined with labels.
 * @param labels a SELECT in brackets with `spine_row`, `spine_entity` and `spine_time`
 */
export function eventsJoin({ entity }: PassSource, labels: string): string {
  return `events INNER JOIN ${labels} AS label ON ${entity} = label.spine_entity`;
}

/**
 * SELECT of one reading of the events of one type, which gives all features over them: `spine_row` and the counted columns, a row for each label that any event counts for.
 * Events are read as a stream; the labels are what is held in memory.
 * @param from what is read: the events joined with the labels, see {@link eventsJoin}
 */
export function joinedFeatures({ features, where }: Pick<PassSource, "features" | "where">, from: string): string {
  const delay = Math.min(...features.map((feature) => feature.delay));
  const reach = Math.max(...features.map((feature) => feature.reach));
  const values = features.map((feature) => `${joinedValue(feature)} AS ${feature.column}`);
  return `WITH toUnixTimestamp64Micro(label.spine_time) - toUnixTimestamp64Micro(time) AS age
SELECT label.spine_row AS spine_row, ${values.join(", ")}
FROM ${from}
WHERE ${where}
  AND known_at <= label.spine_time AND age > ${delay} AND age <= ${reach}
GROUP BY label.spine_row`;
}
