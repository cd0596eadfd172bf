import type { ClickHouse } from "../../clickhouse/index.ts";
import {
  adviseName,
  entityColumns,
  windowRule,
  type FeatureDescription,
  type Project,
  type Watermark,
  type WindowedFeature,
} from "../../model/index.ts";
import { QueryError } from "../query-error.ts";
import { countedColumns } from "./counted-columns.ts";
import { explainedEvents, type ExplainedEvents } from "./explained-events.ts";
import { featureColumns, type FeatureColumn } from "./feature-columns.ts";
import { askOnline, resolveOnline, type OnlineRequest, type OnlineRow } from "./get-features.ts";
import { inTurn } from "./in-turn.ts";
import type { OnlineEntity } from "./online-entities.ts";
import type { OnlineLabels } from "./online-statement.ts";
import { shortMoment, showMoment } from "./show-moment.ts";

/** Which value is to be explained. */
export interface ExplainRequest extends Omit<OnlineRequest, "entities"> {
  readonly entity: OnlineEntity;
  /** Name of the feature. */
  readonly feature: string;
  /** Events listed of each fate, the nearest to the window's end; 1 to 1,000. Default 10. */
  readonly limit?: number;
}

/** What a value was worked out from. */
export interface FeatureExplanation extends FeatureDescription {
  readonly value: string | number | null;
  /** The definition with the moments that it comes to. */
  readonly rule: string;
  /** [from, to) in which events count, RFC 3339 in UTC; without a beginning `from` is null. Null for what is not worked out from events itself. */
  readonly window: { readonly from: string | null; readonly to: string } | null;
  /** Every event of the entity, and whether it counts; null for what is not worked out from events itself. */
  readonly events: ExplainedEvents | null;
  /** The two parts of a ratio or difference, in order; none of anything else. */
  readonly parts: readonly FeatureExplanation[];
}

/** A value of one entity at one moment, explained. */
export interface ExplainAnswer {
  /** Name of the feature set. */
  readonly features: string;
  readonly entity: Readonly<Record<string, string>>;
  /** T: RFC 3339 in UTC, to the microsecond. */
  readonly at: string;
  /** Nothing after this position of the log counts. */
  readonly watermark: Watermark;
  readonly explanation: FeatureExplanation;
}

const MOST_EVENTS = 1_000;

/**
 * Explains one value: the rule with its moments, the events that were counted, and those that were not, each with the reason; their numbers add up to all events of the entity.
 * @throws QueryError if there is no such feature, or the request makes no sense
 */
export async function explainFeature(clickhouse: ClickHouse, project: Project, request: ExplainRequest): Promise<ExplainAnswer> {
  const { entity, limit = 10 } = request;
  if (!Number.isSafeInteger(limit) || limit < 1 || limit > MOST_EVENTS)
    throw new QueryError(`"limit" is a number of events from 1 to ${MOST_EVENTS.toLocaleString("en")}, not ${JSON.stringify(limit)}.`);
  const labels = await resolveOnline(clickhouse, project, { ...request, entities: [entity] });
  const columns = featureColumns(labels.set);
  const column = columns.find(({ name }) => name === request.feature);
  if (!column) {
    const names = columns.map(({ name }) => name);
    throw new QueryError(
      `The feature set "${labels.set.name}" has no feature "${request.feature}": ${adviseName(request.feature, names, `there are: ${names.join(", ")}.`)}`,
    );
  }
  const [row = {}] = await askOnline(clickhouse, labels, request.signal);
  const asked = { clickhouse, labels, columns, row, limit, ...(request.signal ? { signal: request.signal } : {}) };
  return {
    features: labels.set.name,
    entity: Object.fromEntries(entityColumns(labels.set).map(({ name }, index) => [name, labels.entities[index]?.[0] ?? ""])),
    at: showMoment(labels.at),
    watermark: labels.asOf,
    explanation: await explain(asked, column),
  };
}

interface Asked {
  readonly clickhouse: ClickHouse;
  readonly labels: OnlineLabels;
  readonly columns: readonly FeatureColumn[];
  /** The values of all features. */
  readonly row: OnlineRow;
  readonly limit: number;
  readonly signal?: AbortSignal;
}

async function explain(asked: Asked, column: FeatureColumn): Promise<FeatureExplanation> {
  const { definition, description, feature, missing, name, type, unit } = column;
  const about = { name, type, unit, missing, definition, description, value: asked.row[name] ?? null };
  switch (feature.kind) {
    case "ratio":
    case "difference": {
      const parts = [feature.left, feature.right].flatMap((part) => asked.columns.filter((each) => each.name === part));
      return { ...about, rule: definition, window: null, events: null, parts: await inTurn(parts, (part) => explain(asked, part)) };
    }
    case "calendar": {
      const rule = definition.replace(" of T ", ` of ${shortMoment(asked.labels.at)} `);
      return { ...about, rule, window: null, events: null, parts: [] };
    }
    case "window":
      return { ...about, ...(await explainWindow(asked, column, feature)), parts: [] };
  }
}

async function explainWindow(
  { clickhouse, labels, limit, signal }: Asked,
  column: FeatureColumn,
  feature: WindowedFeature,
): Promise<Pick<FeatureExplanation, "rule" | "window" | "events">> {
  const [counted] = countedColumns([column]);
  if (!counted) throw new Error(`Feature ${column.name} is not counted.`);
  const [from, to] = [feature.window === null ? null : labels.at - counted.reach, labels.at - counted.delay];
  const span = from === null ? `before ${shortMoment(to)}` : `in [${shortMoment(from)}, ${shortMoment(to)})`;
  return {
    rule: windowRule(feature, span),
    window: { from: from === null ? null : showMoment(from), to: showMoment(to) },
    events: await explainedEvents(clickhouse, labels, counted, limit, signal),
  };
}
