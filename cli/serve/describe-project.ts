import {
  durationMs,
  panelTitle,
  partsOf,
  storedStreams,
  type DashboardDefinition,
  type DashboardGrain,
  type DashboardPanel,
  type DerivedMetric,
  type Project,
} from "../../model/index.ts";
import { panelQuestion } from "../../queries/index.ts";

/** What a program must know of a metric to ask for it. */
export interface MetricDescription {
  readonly name: string;
  readonly description?: string | undefined;
  readonly unit?: string | undefined;
  /** What is measured ("count", "sum" …), or how it is worked out from others ("ratio", "formula"). */
  readonly kind: string;
  /** Type of the events that are measured; absent if it is worked out. */
  readonly event?: string;
  readonly dimensions: readonly string[];
  /** Width of the rollup's rows; absent if it is worked out. */
  readonly grain?: string;
}

/** A panel of a dashboard of the project's own, with the question behind it: what Grafana draws is its answer. */
export interface PanelDescription {
  readonly title: string;
  readonly description?: string | undefined;
  readonly show: DashboardPanel["show"];
  /** Columns of the 24; absent = what suits the kind. */
  readonly width?: number | undefined;
  /** Of prices. */
  readonly unit?: string | undefined;
  /** Of a number: a warning from the first on, bad from the second. If the first is the greater one, low is what is bad. */
  readonly bad?: readonly [warning: number, bad: number] | undefined;
  /** Posted to `/v1/<ask>`, with a range, a zone and, of trends and candles, a grain. */
  readonly ask: string;
  readonly request: Readonly<Record<string, unknown>>;
}

/** A dashboard of the project's own. */
export interface DashboardDescription {
  readonly name: string;
  readonly title: string;
  readonly description?: string | undefined;
  /** Length of the range that it opens with. */
  readonly rangeSeconds: number;
  readonly grain: DashboardGrain;
  readonly timezone?: string | undefined;
  readonly rows: readonly { readonly title: string; readonly panels: readonly PanelDescription[] }[];
}

/** What a program must know of a project to ask about it. */
export interface ProjectDescription {
  readonly name: string;
  readonly timezone: string;
  readonly latenessSeconds: number;
  readonly streams: readonly string[];
  readonly events: readonly { readonly type: string; readonly description?: string | undefined; readonly version: number }[];
  readonly metrics: readonly MetricDescription[];
  readonly dashboards: readonly DashboardDescription[];
}

/** Describes a project to programs. */
export function describeProject(project: Project): ProjectDescription {
  return {
    name: project.name,
    timezone: project.timezone,
    latenessSeconds: durationMs(project.lateness) / 1_000,
    streams: storedStreams(project.streams).map(({ name }) => name),
    events: project.events.map(({ description, type, version }) => ({ type, description, version })),
    metrics: describeMetrics(project),
    dashboards: project.dashboards.map(describeDashboard),
  };
}

function describeDashboard({ description, grain, name, range, rows, timezone, title }: DashboardDefinition): DashboardDescription {
  return {
    name,
    title,
    description,
    rangeSeconds: durationMs(range) / 1_000,
    grain,
    timezone,
    rows: rows.map((row) => ({ title: row.title, panels: row.panels.map(describePanel) })),
  };
}

function describePanel(panel: DashboardPanel): PanelDescription {
  const { description, show, width } = panel;
  return {
    title: panelTitle(panel),
    description,
    show,
    width,
    ...(panel.show === "candles" ? { unit: panel.unit } : {}),
    ...(panel.show === "stat" ? { bad: panel.bad } : {}),
    ...panelQuestion(panel),
  };
}

/** The metrics of a project, those that are worked out from others last. */
export function describeMetrics({ derived, metrics }: Project): readonly MetricDescription[] {
  return [
    ...metrics.map(({ description, dimensions, event, grain, measure, name, unit }) => ({
      name,
      description,
      unit,
      kind: measure.kind,
      event: event.type,
      dimensions,
      grain,
    })),
    ...derived.map((metric) => ({
      name: metric.name,
      description: metric.description,
      unit: metric.unit,
      kind: metric.kind,
      dimensions: sharedDimensions(metric),
    })),
  ];
}

/** What all parts of a metric can be grouped by. */
function sharedDimensions(metric: DerivedMetric): readonly string[] {
  const [first, ...others] = Object.values(partsOf(metric));
  return first === undefined ? [] : first.dimensions.filter((ref) => others.every(({ dimensions }) => dimensions.includes(ref)));
}
