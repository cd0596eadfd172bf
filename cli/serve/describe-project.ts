import { durationMs, partsOf, storedStreams, type DerivedMetric, type Project } from "../../model/index.ts";

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

/** What a program must know of a project to ask about it. */
export interface ProjectDescription {
  readonly name: string;
  readonly timezone: string;
  readonly latenessSeconds: number;
  readonly streams: readonly string[];
  readonly events: readonly { readonly type: string; readonly description?: string | undefined; readonly version: number }[];
  readonly metrics: readonly MetricDescription[];
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
