import type { DerivedMetric } from "./derived-metric.ts";
import type { EventDefinition } from "./event.ts";
import type { Filter } from "./filter/filter.ts";
import type { Metric } from "./metric.ts";

/** Widths of a bucket that a dashboard offers; "auto" goes by the length of the range. */
export const DASHBOARD_GRAINS = ["auto", "minute", "15 minutes", "hour", "day", "week", "month", "quarter", "year"] as const;
export type DashboardGrain = (typeof DASHBOARD_GRAINS)[number];

/** What every panel may say beside what it shows. */
interface PanelFrame {
  /** Default: what is shown, in words. No two panels of a dashboard have the same. */
  readonly title?: string;
  /** What the numbers mean, and what to do when they look wrong. */
  readonly description?: string;
  /** Columns of the 24 that a dashboard has. Default: by the kind of panel. */
  readonly width?: number;
}

/** A panel about a metric. */
interface MetricFrame extends PanelFrame {
  /** Of the project, by name. */
  readonly metric: string;
  /** Which events count, by dimensions of the metric. */
  readonly filter?: Filter;
}

/** A metric over time; with `by` a line, or a stack of bars, for each of the `top` groups, and one for all others. */
export interface TrendPanel extends MetricFrame {
  readonly show: "trend";
  readonly by?: string;
  /** Default 10. */
  readonly top?: number;
}

/** The groups of a metric that are largest over the range, as bars. */
export interface TopPanel extends MetricFrame {
  readonly show: "top";
  readonly by: string;
  /** Default 10. */
  readonly top?: number;
}

/** A metric over the whole range, and how that compares with as long a time before. */
export interface StatPanel extends MetricFrame {
  readonly show: "stat";
  /** Bad from here on: a warning from the first number, bad from the second. If the first is the greater one, low is what is bad. */
  readonly bad?: readonly [warning: number, bad: number];
}

/** The groups of a metric as rows: now, in as long a time before, and the change. */
export interface TablePanel extends MetricFrame {
  readonly show: "table";
  readonly by: string;
  /** Rows. Default 20. */
  readonly top?: number;
}

/** The groups that made a metric change from as long a time before, those that moved most first. */
export interface MoversPanel extends MetricFrame {
  readonly show: "movers";
  readonly by: string;
  /** Rows. Default 10. */
  readonly top?: number;
}

/** An event by its type, or with conditions on its fields. */
export type PanelEvent = string | { readonly event: string; readonly where?: Filter };

/** How many go through steps in order. */
export interface FunnelPanel extends PanelFrame {
  readonly show: "funnel";
  readonly steps: readonly PanelEvent[];
  /** From the entrance to the last step, e.g. "1d". */
  readonly window: string;
}

/** Who comes back, by the period they began in. */
export interface RetentionPanel extends PanelFrame {
  readonly show: "retention";
  readonly first: PanelEvent;
  /** Default: the first event. */
  readonly returning?: PanelEvent;
  readonly period: "day" | "week" | "month";
}

/** Prices over time as candles, with their volume and VWAP: of one instrument, which is chosen at the top of the dashboard. */
export interface CandlesPanel extends PanelFrame {
  readonly show: "candles";
  /** Type of the events that have a price: trades, or quotes. */
  readonly event: string;
  /** Numeric field of the price. */
  readonly price: string;
  /** Numeric field of the size. Without it there is no volume and no VWAP. */
  readonly size?: string;
  /** Field that tells instruments apart. Default: `subject`. */
  readonly by?: string;
  /** Unit of the price, e.g. "EUR". */
  readonly unit?: string;
}

/** One picture of a dashboard. */
export type DashboardPanel = TrendPanel | TopPanel | StatPanel | TablePanel | MoversPanel | FunnelPanel | RetentionPanel | CandlesPanel;

/** Panels below a heading. */
export interface DashboardRow {
  readonly title: string;
  readonly panels: readonly DashboardPanel[];
}

/** A dashboard of the user's own, for Grafana and the live page. Made by {@link defineDashboard}. */
export interface DashboardDefinition {
  /** Its address: lasts while the title may change. */
  readonly name: string;
  readonly title: string;
  readonly description?: string;
  /** Length of the range that it opens with, to now. */
  readonly range: string;
  /** What it opens with. */
  readonly grain: DashboardGrain;
  /** IANA zone; undefined = the project's. */
  readonly timezone?: string;
  readonly rows: readonly DashboardRow[];
}

/** An event as the author of a dashboard may write it: by what `defineEvent` made too. */
type WrittenEvent = PanelEvent | EventDefinition | { readonly event: string | EventDefinition; readonly where?: Filter };

/** A part of a panel as its author may write it. */
type Written<Part, Value> = Part extends "metric"
  ? string | Metric | DerivedMetric
  : Part extends "steps"
    ? readonly WrittenEvent[]
    : Part extends "first" | "returning"
      ? WrittenEvent
      : Part extends "event"
        ? string | EventDefinition
        : Value;

/** A panel as its author may write it. */
type PanelOptions<Panel extends DashboardPanel = DashboardPanel> = Panel extends DashboardPanel
  ? { readonly [Part in keyof Panel]: Written<Part, Panel[Part]> }
  : never;

/** What the author of a dashboard writes. */
export interface DashboardOptions {
  readonly name: string;
  readonly title: string;
  readonly description?: string;
  /** Default "30d". */
  readonly range?: string;
  /** Default "auto". */
  readonly grain?: DashboardGrain;
  /** Default: the project's. */
  readonly timezone?: string;
  readonly rows: readonly { readonly title: string; readonly panels: readonly PanelOptions[] }[];
}

/** What the types can hold against a panel: a dimension that its metric lacks. */
type FittingPanel<Panel> = Panel extends { readonly metric: Metric<string, infer Dimension>; readonly by: string }
  ? Panel & { readonly by: Dimension }
  : Panel;
type FittingRow<Row> = Row extends { readonly panels: infer Panels }
  ? Row & { readonly panels: { readonly [Place in keyof Panels]: FittingPanel<Panels[Place]> } }
  : Row;
type Fitting<Options extends DashboardOptions> = {
  readonly rows: { readonly [Place in keyof Options["rows"]]: FittingRow<Options["rows"][Place]> };
};

/**
 * Declares a dashboard: rows of panels, each of which `show`s a metric or a question about behaviour. It is drawn in Grafana and on the live page.
 *
 * ```ts
 * defineDashboard({
 *   name: "sales", title: "Sales",
 *   rows: [{ title: "Orders", panels: [{ show: "stat", metric: orders }, { show: "trend", metric: orders, by: "country" }] }],
 * });
 * ```
 *
 * A dimension that the metric lacks does not compile; what the types cannot tell is checked when the config is loaded.
 */
export function defineDashboard<const Options extends DashboardOptions>(options: Options & Fitting<Options>): DashboardDefinition {
  const { rows, ...rest } = options as DashboardOptions;
  return {
    range: "30d",
    grain: "auto",
    ...rest,
    rows: rows.map(({ panels, title }) => ({ title, panels: panels.map(plainPanel) })),
  };
}

/** A panel as plain values: metrics and events by their names. */
function plainPanel(panel: PanelOptions): DashboardPanel {
  const parts = Object.entries(panel).map(([part, value]) => [part, plainPart(part, value)] as const);
  return Object.fromEntries(parts.filter(([, value]) => value !== undefined)) as unknown as DashboardPanel;
}

function plainPart(part: string, value: unknown): unknown {
  switch (part) {
    case "metric":
      return isRecord(value) ? value["name"] : value;
    case "steps":
      return Array.isArray(value) ? value.map(plainEvent) : value;
    case "first":
    case "returning":
    case "event":
      return plainEvent(value);
    default:
      return value;
  }
}

function plainEvent(event: unknown): unknown {
  if (!isRecord(event)) return event;
  return "type" in event ? event["type"] : { ...event, event: plainEvent(event["event"]) };
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}
