import type { ClickHouse } from "../../clickhouse/index.ts";
import { QueryError } from "../query-error.ts";
import { addEntry } from "./add-entry.ts";
import { findSavedWatermark, watermarkEntries, type SavedWatermark } from "./saved-watermarks.ts";

/**
 * Gives up the name of a saved watermark; the log and everything else stay as they are.
 * @returns what it named
 * @throws QueryError with the nearest name if there is no such name
 */
export async function removeWatermark(clickhouse: ClickHouse, name: string): Promise<SavedWatermark> {
  const saved = await findSavedWatermark(clickhouse, name);
  const version = (await watermarkEntries(clickhouse)).find((each) => each.name === name)?.version ?? 0;
  if (await addEntry(clickhouse, { ...saved, savedAt: new Date(), version: version + 1, removed: true })) return saved;
  throw new QueryError(`The watermark ${JSON.stringify(name)} was changed by somebody else meanwhile: look at it, and remove it again.`);
}
