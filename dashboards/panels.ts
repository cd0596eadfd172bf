import {
  BigValueColorMode,
  BigValueGraphMode,
  BigValueTextMode,
  GraphDrawStyle,
  StackingMode,
  TooltipDisplayMode,
  VisibilityMode,
} from "@grafana/grafana-foundation-sdk/common";
import * as common from "@grafana/grafana-foundation-sdk/common";
import type { Builder } from "@grafana/grafana-foundation-sdk/cog";
import {
  FieldColorBuilder,
  ThresholdsConfigBuilder,
  ThresholdsMode,
  type DashboardLinkBuilder,
  type Panel,
  type Threshold,
} from "@grafana/grafana-foundation-sdk/dashboard";
import * as candlestick from "@grafana/grafana-foundation-sdk/candlestick";
import * as stat from "@grafana/grafana-foundation-sdk/stat";
import * as text from "@grafana/grafana-foundation-sdk/text";
import * as table from "@grafana/grafana-foundation-sdk/table";
import * as timeseries from "@grafana/grafana-foundation-sdk/timeseries";
import { clickHouseQuery, DATASOURCE } from "./clickhouse-query.ts";
import { NOT_FINAL } from "./trend-sql.ts";

/** What every panel says of itself. */
export interface PanelOptions {
  readonly title: string;
  /** What the numbers mean, and what to do when they look wrong. */
  readonly description: string;
  /** Grafana's id of the unit. */
  readonly unit: string;
  readonly sql: string;
  /** Columns of the 24 that the panel takes. */
  readonly span: number;
  /** Where its numbers can be looked into. */
  readonly link?: DashboardLinkBuilder | undefined;
}

/** A panel of numbers over the whole range. */
export interface StatOptions extends PanelOptions {
  /** The value is fine below the first of these, a warning from it on, bad from the second on; none = no value is bad. */
  readonly bad?: readonly [warn: number, bad: number];
  /** How many numbers the query gives; several are shown with their names. */
  readonly numbers?: number;
  /** Units of columns that have one of their own. */
  readonly units?: Readonly<Record<string, string>>;
}

/** A trend over time. */
export interface TrendPanelOptions extends PanelOptions {
  /** Names of the query's values, without the columns of what is not final. */
  readonly values: readonly string[];
  /** Whether the query has groups, and so its series their names. */
  readonly grouped: boolean;
  /** Whether the values of groups add up to a total: then bars are stacked, else each is a line. */
  readonly additive: boolean;
}

/** A big number, with its threshold as the colour. */
export function statPanel({ title, description, unit, sql, span, link, bad, numbers = 1, units = {} }: StatOptions): Builder<Panel> {
  const panel = new stat.PanelBuilder()
    .title(title)
    .description(description)
    .unit(unit)
    .span(span)
    .height(4)
    .datasource(DATASOURCE)
    .withTarget(clickHouseQuery(sql, "table"))
    .noValue("no data")
    .thresholds(new ThresholdsConfigBuilder().mode(ThresholdsMode.Absolute).steps(steps(bad)))
    .colorMode(bad ? BigValueColorMode.Background : BigValueColorMode.Value)
    .graphMode(BigValueGraphMode.None)
    .textMode(numbers > 1 ? BigValueTextMode.ValueAndName : BigValueTextMode.Value)
    .reduceOptions(new common.ReduceDataOptionsBuilder().calcs(["lastNotNull"]).fields("/.*/").values(false));
  if (link) panel.links([link]);
  for (const [column, columnUnit] of Object.entries(units)) panel.overrideByName(column, [{ id: "unit", value: columnUnit }]);
  return panel;
}

/** A trend on the dashboard's grid; what is not final is drawn pale, or as a dashed line. */
export function trendPanel({ title, description, unit, sql, span, link, values, grouped, additive }: TrendPanelOptions): Builder<Panel> {
  const panel = new timeseries.PanelBuilder()
    .title(title)
    .description(description)
    .unit(unit)
    .span(span)
    .height(9)
    .datasource(DATASOURCE)
    .withTarget(clickHouseQuery(sql, "series"))
    .noValue("no data")
    .colorScheme(new FieldColorBuilder().mode("palette-classic-by-name" as never))
    .legend(legend())
    .tooltip(new common.VizTooltipOptionsBuilder().mode(TooltipDisplayMode.Multi).sort(common.SortOrder.Descending))
    .drawStyle(additive ? GraphDrawStyle.Bars : GraphDrawStyle.Line)
    .barAlignment(common.BarAlignment.After)
    .barWidthFactor(0.9)
    .fillOpacity(additive ? 80 : 0)
    .lineWidth(additive ? 0 : 2)
    .showPoints(additive ? VisibilityMode.Never : VisibilityMode.Auto)
    .spanNulls(false)
    .stacking(new common.StackingConfigBuilder().mode(additive ? StackingMode.Normal : StackingMode.None).group("A"));
  if (link) panel.links([link]);
  for (const name of values)
    panel.overrideByRegexp(`/^${name}${NOT_FINAL.replace(/[()]/g, "\\$&")}/`, notFinalStyle(name, grouped, additive));
  return panel;
}

/** Prices as candles. */
export interface CandlesPanelOptions extends PanelOptions {
  /** Whether the query has the columns `volume` and `vwap`. */
  readonly hasVolume: boolean;
}

/** Candles, with their volume below and their VWAP as a line. */
export function candlesPanel({ title, description, unit, sql, span, hasVolume }: CandlesPanelOptions): Builder<Panel> {
  const panel = new candlestick.PanelBuilder()
    .title(title)
    .description(description)
    .unit(unit)
    .span(span)
    .height(14)
    .datasource(DATASOURCE)
    .withTarget(clickHouseQuery(sql, "series"))
    .noValue("no data")
    .mode(hasVolume ? candlestick.VizDisplayMode.CandlesVolume : candlestick.VizDisplayMode.Candles)
    .candleStyle(candlestick.CandleStyle.Candles)
    .colorStrategy(candlestick.ColorStrategy.OpenClose)
    .colors(new candlestick.CandlestickColorsBuilder().up("green").down("red").flat("gray"))
    .fields(candleFields(hasVolume))
    .includeAllFields(true)
    .legend(legend())
    .tooltip(new common.VizTooltipOptionsBuilder().mode(TooltipDisplayMode.Multi).sort(common.SortOrder.None));
  if (hasVolume)
    panel.overrideByName("volume", [{ id: "unit", value: "short" }]).overrideByName("vwap", [{ id: "custom.lineWidth", value: 1 }]);
  return panel;
}

function candleFields(hasVolume: boolean): candlestick.CandlestickFieldMapBuilder {
  const fields = new candlestick.CandlestickFieldMapBuilder().open("open").high("high").low("low").close("close");
  return hasVolume ? fields.volume("volume") : fields;
}

function legend(): common.VizLegendOptionsBuilder {
  return new common.VizLegendOptionsBuilder()
    .showLegend(true)
    .displayMode(common.LegendDisplayMode.List)
    .placement(common.LegendPlacement.Bottom)
    .calcs([]);
}

/** A sentence in the place of a panel that Grafana cannot draw. */
export function noticePanel({
  description,
  span,
  text: content,
  title,
}: Omit<PanelOptions, "sql" | "unit"> & { readonly text: string }): Builder<Panel> {
  return new text.PanelBuilder().title(title).description(description).span(span).height(4).mode(text.TextMode.Markdown).content(content);
}

/** A table of rows as they come. @param bar the column whose numbers are drawn as bars too */
export function tablePanel(
  { title, description, unit, sql, span, link }: PanelOptions,
  units: Readonly<Record<string, string>> = {},
  bar?: string,
): Builder<Panel> {
  const panel = new table.PanelBuilder()
    .title(title)
    .description(description)
    .unit(unit)
    .span(span)
    .height(9)
    .datasource(DATASOURCE)
    .withTarget(clickHouseQuery(sql, "table"))
    .noValue("none")
    .filterable(true)
    .cellHeight(common.TableCellHeight.Sm);
  if (link) panel.links([link]);
  const columns = new Set([...Object.keys(units), ...(bar === undefined ? [] : [bar])]);
  for (const column of columns) {
    const unitOf = units[column] === undefined ? [] : [{ id: "unit", value: units[column] }];
    panel.overrideByName(column, column === bar ? [...unitOf, BAR_CELL] : unitOf);
  }
  return panel;
}

const BAR_CELL = { id: "custom.cellOptions", value: { type: "gauge", mode: "basic", valueDisplayMode: "text" } };

/** A name of its own in the answer, the same name on the screen: the colour goes by the name, and the legend needs it once. */
function notFinalStyle(name: string, grouped: boolean, additive: boolean): { id: string; value: unknown }[] {
  return [
    { id: "displayName", value: [...(name === GROUP_VALUE ? [] : [name]), ...(grouped ? ["${__field.labels.series}"] : [])].join(" ") },
    { id: "custom.hideFrom", value: { legend: true, tooltip: false, viz: false } },
    ...(additive ? [{ id: "custom.fillOpacity", value: 25 }] : [{ id: "custom.lineStyle", value: { fill: "dash", dash: [6, 6] } }]),
  ];
}

/** Grafana leaves this column's name out of a series' name where the group says enough. */
export const GROUP_VALUE = "Value";

function steps(bad: StatOptions["bad"]): Threshold[] {
  if (!bad) return [{ value: null, color: "blue" }];
  if (bad[0] > bad[1])
    return [
      { value: null, color: "red" },
      { value: bad[1], color: "orange" },
      { value: bad[0], color: "green" },
    ];
  return [
    { value: null, color: "green" },
    { value: bad[0], color: "orange" },
    { value: bad[1], color: "red" },
  ];
}
