import type { SavedWatermark } from "../../queries/index.ts";
import { positionLine } from "./answer-lines.ts";
import { localTime } from "./local-time.ts";
import { table } from "./table.ts";

/** Saved watermarks for reading. */
export function watermarksView(watermarks: readonly SavedWatermark[], timezone: string): string {
  if (watermarks.length === 0) return 'No watermark is saved: "hydrograph watermark save <name>" saves one.\n';
  const rows = watermarks.map(({ name, savedAt, watermark }) => [name, localTime(savedAt, timezone), positionLine(watermark)]);
  return table([{ title: "name" }, { title: `saved, ${timezone}` }, { title: "stands for" }], rows);
}
