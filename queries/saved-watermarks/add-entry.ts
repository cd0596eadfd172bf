import { isDeepStrictEqual } from "node:util";
import type { ClickHouse } from "../../clickhouse/index.ts";
import { watermarkEntries, type WatermarkEntry } from "./saved-watermarks.ts";

/**
 * Adds the next version of a name. The token is of name and version, so ClickHouse drops what a second writer adds to the same version.
 * @returns whether it is ours that is there now
 */
export async function addEntry(clickhouse: ClickHouse, entry: WatermarkEntry): Promise<boolean> {
  const { name, removed, savedAt, version, watermark } = entry;
  const row = { name, version, removed, watermark, saved_at: savedAt.getTime() * 1_000 };
  await clickhouse.insert({
    table: "saved_watermarks",
    columns: Object.keys(row),
    format: "JSONEachRow",
    body: Buffer.from(JSON.stringify(row)),
    token: `watermark/${name}/${version}`,
  });
  const now = (await watermarkEntries(clickhouse)).find((each) => each.name === name);
  return now !== undefined && (now.version > version || isDeepStrictEqual(now, entry));
}
