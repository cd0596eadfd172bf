import { fieldSql, identifier } from "../../clickhouse/index.ts";
import type { CandlesPanel, Project } from "../../model/index.ts";
import { findField } from "../find-field.ts";
import { PRICE_COLUMNS, pricesSql, TURNOVER, type PriceSource } from "../market/candles-sql.ts";
import { DECIMALS, marketEvent } from "../market/resolve-market.ts";
import type { PanelRange } from "./range-bindings.ts";
import { WrittenBindings } from "./written-bindings.ts";

/** The numbers of a candle in the order of their columns; `volume` and `vwap` are there if the panel has a size. */
export const CANDLE_COLUMNS = ["open", "high", "low", "close", "volume", "vwap"] as const;

/** Which candles of a panel, each as SQL. */
interface PanelCandles {
  readonly range: PanelRange;
  /** Edges of the buckets, seconds since 1970: `Array(Int64)`. */
  readonly edges: string;
  /** The instrument, as text. */
  readonly instrument: string;
}

/**
 * A row for each bucket in which an instrument has a price: `_start` (its edge), and `_value0`, `_value1` … of {@link CANDLE_COLUMNS}, as `candles` has them.
 * @throws QueryError if the panel asks what cannot be answered
 */
export function panelCandlesSql(project: Project, panel: CandlesPanel, { edges, instrument, range }: PanelCandles): string {
  const source = priceSource(project, panel);
  const within = [`time >= ${range.from}`, `time < ${range.to}`, `toString(${instrumentSql(source)}) = ${instrument}`];
  const prices = pricesSql(source, within, new WrittenBindings(), eventsOf(project));
  const volume = "toFloat64(sum(size))";
  const values = [
    ...Object.values(PRICE_COLUMNS),
    ...(panel.size === undefined
      ? []
      : [`${volume} / 1e${DECIMALS}`, `if(sum(size) = 0, NULL, toFloat64(${TURNOVER}) / ${volume} / 1e${DECIMALS})`]),
  ];
  return `(
SELECT roundDown(intDiv(at, 1000000), ${edges}) AS _start, ${values.map((value, index) => `${value} AS _value${index}`).join(", ")}
FROM (${prices})
GROUP BY _start
)`;
}

/** The instruments of panels, in a column `instrument`. @throws QueryError if a panel asks what cannot be answered */
export function panelInstrumentsSql(project: Project, panels: readonly CandlesPanel[]): string {
  const bindings = new WrittenBindings();
  const sources = panels.map((panel) => {
    const source = priceSource(project, panel);
    return `SELECT toString(${instrumentSql(source)}) AS instrument FROM ${eventsOf(project)} WHERE type = ${bindings.bind("String", source.event.type)}`;
  });
  return `SELECT DISTINCT ifNull(instrument, '') AS instrument FROM (${[...new Set(sources)].join("\nUNION ALL\n")})
WHERE instrument != ''
ORDER BY instrument
LIMIT 1000`;
}

function priceSource(project: Project, { by = "subject", event, price, size }: CandlesPanel): PriceSource {
  return { event: marketEvent(project, event), price, size, by };
}

function instrumentSql({ by, event }: PriceSource): string {
  return fieldSql(findField(event, by)).expression;
}

function eventsOf({ name }: Project): string {
  return `${identifier(name)}.events`;
}
