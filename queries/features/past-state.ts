import type { ClickHouse } from "../../clickhouse/index.ts";
import type { Project, Watermark } from "../../model/index.ts";
import { checkAsOf, resolveAsOf } from "../as-of.ts";
import { resolvePresent } from "../resolve-range.ts";
import { readWatermark } from "../watermark.ts";

/**
 * The position of the log that features are computed at: a watermark as it is given; of text, the saved watermark of that name, or what was stored by that time; by default, what ClickHouse holds now.
 * @throws QueryError if no watermark is saved under the name
 */
export async function pastState(clickhouse: ClickHouse, project: Project, asOf: Watermark | string | undefined): Promise<Watermark> {
  if (asOf === undefined) return readWatermark(clickhouse);
  if (typeof asOf !== "string") return asOf;
  const present = resolvePresent(project.timezone, undefined);
  checkAsOf(asOf, project, present);
  return resolveAsOf(clickhouse, project, asOf, present);
}
