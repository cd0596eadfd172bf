import type { Watermark } from "../../model/index.ts";
import type { Bindings } from "../bindings.ts";
import { atOrBefore } from "../watermark.ts";
import type { History } from "./history.ts";
import { Segments } from "./segments.ts";

/**
 * SELECT of one history, which gives all features over it for labels of one moment: `spine_row` and the counted columns, a row for each label that any event counts for. A tile that no edge of a window cuts counts as it
 * is; which ones are cut, and have their events looked at, is told by the edges alone.
 * @param labels a SELECT in brackets with `spine_row` and `spine_entity`
 * @param at T of all labels, microseconds since 1970
 */
export function servedFeatures(
  { events, features, measures, shiftOf, tiles }: History,
  labels: string,
  { asOf, at }: { readonly asOf: Watermark; readonly at: number },
  bindings: Bindings,
): string {
  const { parts, value } = measures;
  const segments = new Segments(features);
  const edges = features.flatMap(({ delay, reach }) => [delay, reach]).map((edge) => Math.max(0, at - edge));
  const cuts = bindings.bind("Array(UInt64)", [0, ...new Set(edges)]);
  const moment = bindings.bind("Int64", at);
  const opening = `(SELECT spine_row, spine_entity, ${shiftOf("spine_entity")} AS shift, arrayDistinct(arrayMap(cut -> bitShiftRight(cut, shift), ${cuts})) AS opened FROM ${labels})`;
  const counted = (source: string, time: string, condition: string, values: readonly string[]): string =>
    `SELECT ${["spine_row", `${segments.of(`${moment} - ${time}`)} AS segment`, ...values.map((each, index) => `${each} AS ${parts[index]?.column ?? ""}`)].join(", ")}
FROM ${source} WHERE ${condition} AND segment > 0 AND segment < ${segments.count} GROUP BY spine_row, segment`;
  const ofEvents = counted(
    `(SELECT spine_row, spine_entity, arrayJoin(opened) AS opened_tile FROM ${opening}) AS label INNER JOIN ${events} AS history ON label.spine_entity = history.entity AND label.opened_tile = history.tile`,
    "history.at",
    `${atOrBefore(asOf, bindings)} AND known <= ${moment}`,
    parts.map(({ part }) => part.ofEvents),
  );
  const ofTiles = counted(
    `${opening} AS label INNER JOIN ${tiles} AS history ON label.spine_entity = history.entity`,
    "history.first",
    "NOT has(opened, history.tile)",
    parts.map(({ column, part }) => part.ofTiles(`history.${column}`)),
  );
  const values = features.map((feature) => `${value(feature, segments.within(feature))} AS ${feature.column}`);
  return `SELECT spine_row, ${values.join(", ")}\nFROM (${ofEvents}\nUNION ALL ${ofTiles})\nGROUP BY spine_row`;
}
