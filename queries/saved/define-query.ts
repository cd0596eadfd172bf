import type { DerivedMetric, EventDefinition, Filter, Metric, SavedQuery } from "../../model/index.ts";
import type { QuestionKind, QuestionRequest } from "./question-calls.ts";

/** An event of a saved query: what `defineEvent` made, or its type; with conditions or without. */
export type SavedEvent = string | EventDefinition | { readonly event: string | EventDefinition; readonly where?: Filter };

/** What belongs to the moment of asking, and not to the question. */
type Circumstance = "now" | "ingestedUntil" | "signal";

/** A part of a request as it is written in a config: events may be named by what `defineEvent` made. */
type Written<Part, Value> = Part extends "steps" | "events"
  ? readonly SavedEvent[]
  : Part extends "first" | "returning"
    ? SavedEvent
    : Part extends "event" | "lookUp"
      ? string | EventDefinition
      : Value;

/** What the author of a saved query of a kind writes. */
export type QueryOptions<Kind extends QuestionKind = QuestionKind> = {
  readonly [Each in Kind]: { readonly name: string; readonly description?: string; readonly ask: Each } & {
    readonly [Part in keyof QuestionRequest<Each> as Exclude<Part, Circumstance>]: Written<Part, QuestionRequest<Each>[Part]>;
  };
}[Kind];

/** The dimensions that the types of metrics tell; any text where they tell none. */
type DimensionOf<Asked> =
  Asked extends Metric<string, infer Dimension>
    ? Dimension
    : Asked extends readonly (infer Each)[]
      ? DimensionOf<Each>
      : Asked extends string | DerivedMetric
        ? string
        : never;

/** What of the options the types can hold against the metric: its dimensions, and no word that the kind of question does not know. */
type Fitting<Options extends QueryOptions> = (Options extends { readonly metric: infer Asked; readonly groupBy: readonly string[] }
  ? { readonly groupBy: readonly DimensionOf<Asked>[] }
  : unknown) & { readonly [Part in Exclude<keyof Options, PartOf<Options["ask"]>>]: never };

/** The words that questions of a kind know. */
type PartOf<Kind extends QuestionKind> = { readonly [Each in Kind]: keyof QueryOptions<Each> }[Kind];

/**
 * Declares a question with a name: `ask` is the function that answers it, and the rest is what that takes.
 *
 * ```ts
 * defineQuery({ name: "orders_by_country", ask: "trend", metric: orders, groupBy: ["country"], range: "30d", grain: "day" });
 * ```
 *
 * A dimension that the metric lacks, or a word that such a question does not know, does not compile; what the types cannot tell is checked when the config is loaded.
 */
export function defineQuery<const Options extends QueryOptions>(
  options: Options & Fitting<Options>,
): SavedQuery<Options["name"], Options["ask"]> {
  const { name, description, ask, ...request } = options as QueryOptions;
  const parts = Object.entries(request).filter(([, value]) => value !== undefined);
  return {
    name,
    ...(description === undefined ? {} : { description }),
    ask,
    request: Object.fromEntries(parts.map(([part, value]) => [part, plainPart(part, value)])),
  };
}

/** A part of a request as plain values: what JSON can hold. */
function plainPart(part: string, value: unknown): unknown {
  if (value instanceof Date) return value.toISOString();
  switch (part) {
    case "metric":
      return Array.isArray(value) ? value.map(nameOf) : nameOf(value);
    case "steps":
    case "events":
      return Array.isArray(value) ? value.map(plainEvent) : value;
    case "first":
    case "returning":
    case "event":
    case "lookUp":
      return plainEvent(value);
    case "before":
      return isRecord(value) ? Object.fromEntries(Object.entries(value).map(([end, moment]) => [end, plainPart(end, moment)])) : value;
    default:
      return value;
  }
}

function nameOf(metric: unknown): unknown {
  return isRecord(metric) ? metric["name"] : metric;
}

function plainEvent(event: unknown): unknown {
  if (!isRecord(event)) return event;
  return "type" in event ? event["type"] : { ...event, event: plainEvent(event["event"]) };
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}
