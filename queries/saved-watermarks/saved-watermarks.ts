import type { ClickHouse } from "../../clickhouse/index.ts";
import { adviseName, type Watermark } from "../../model/index.ts";
import { QueryError } from "../query-error.ts";

/** A position of the log that was given a name. */
export interface SavedWatermark {
  readonly name: string;
  readonly watermark: Watermark;
  /** When it was saved, by the clock of who did. */
  readonly savedAt: Date;
}

/** All that was ever saved or removed, as it is now. */
export interface WatermarkEntry extends SavedWatermark {
  readonly version: number;
  readonly removed: boolean;
}

/** The saved watermarks, by name. @throws ClickHouseFailure */
export async function savedWatermarks(clickhouse: ClickHouse): Promise<SavedWatermark[]> {
  const entries = await watermarkEntries(clickhouse);
  return entries.flatMap(({ name, removed, savedAt, watermark }) => (removed ? [] : [{ name, watermark, savedAt }]));
}

/** The saved watermark of a name. @throws QueryError with the nearest name if there is none */
export async function findSavedWatermark(clickhouse: ClickHouse, name: string): Promise<SavedWatermark> {
  const saved = await savedWatermarks(clickhouse);
  const found = saved.find((each) => each.name === name);
  if (found) return found;
  const names = [...saved.map((each) => each.name), ...TIMES].filter((each) => each !== name);
  const advice = adviseName(name, names, '"hydrograph watermark list" shows those that are.');
  throw new QueryError(`No watermark is saved as ${JSON.stringify(name)}: ${advice}`);
}

/** Words for a time that are easily mistyped into a name. */
const TIMES = ["now", "today", "yesterday"];

/** Every name that ever was, removed ones too: the newest version of each. */
export async function watermarkEntries(clickhouse: ClickHouse): Promise<WatermarkEntry[]> {
  const rows = await clickhouse.rows<Row>({
    name: "Read the saved watermarks",
    sql: `SELECT name, version, removed, watermark, toUnixTimestamp64Micro(saved_at) AS micros FROM saved_watermarks FINAL ORDER BY name`,
  });
  return rows.map(({ micros, name, removed, version, watermark }) => ({
    name,
    version: Number(version),
    removed,
    watermark: Object.fromEntries(
      Object.entries(watermark).map(([stream, { epoch, seq }]) => [stream, { epoch: Number(epoch), seq: Number(seq) }]),
    ),
    savedAt: new Date(Number(micros) / 1_000),
  }));
}

interface Row {
  readonly name: string;
  readonly version: string;
  readonly removed: boolean;
  readonly watermark: Readonly<Record<string, { readonly epoch: string; readonly seq: string }>>;
  readonly micros: string;
}
