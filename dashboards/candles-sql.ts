import type { CandlesPanel, Project } from "../model/index.ts";
import { CANDLE_COLUMNS, panelCandlesSql } from "../queries/index.ts";
import { GRID_RANGE, trendSql } from "./trend-sql.ts";

/** The instrument that is chosen at the top of the dashboard. */
const INSTRUMENT = "${instrument:singlequote}";

/** Candles of the chosen instrument on the dashboard's grid, as `candles` of the library answers them: `time`, and the columns of {@link CANDLE_COLUMNS} that there are; null without a trade, but the volume is 0. */
export function candlesPanelSql(project: Project, panel: CandlesPanel): string {
  const names = panel.size === undefined ? CANDLE_COLUMNS.slice(0, 4) : CANDLE_COLUMNS;
  return trendSql({
    grouped: panelCandlesSql(project, panel, { range: GRID_RANGE, edges: "_edges", instrument: INSTRUMENT }),
    isGrouped: false,
    tableSeconds: 1,
    values: names.map((name) => ({ name, empty: name === "volume" ? 0 : null })),
    latenessSeconds: 0,
    together: true,
  });
}
