import { z } from "zod";
import type { QuestionKind } from "../../queries/index.ts";

/** A moment, as the library takes one. */
export const moment = z
  .union([z.string(), z.int()])
  .describe('ISO 8601, in the zone of the question unless it names its own; "yesterday", "3 days ago"; or microseconds since 1970');
const value = z.union([z.string(), z.number(), z.boolean(), z.null()]);
const values = z.union([value, z.array(value)]);
const position = z.strictObject({ epoch: z.int(), seq: z.int() });
const bound = z.union([z.number(), z.string()]);
const condition = z.strictObject({ in: values, not: values, gt: bound, gte: bound, lt: bound, lte: bound }).partial();

const filter = z.record(z.string(), z.union([values, condition])).describe("Field -> value, values (any of them) or condition");
/** A past state of the log. */
export const asOf = z
  .union([z.string(), z.int(), z.record(z.string(), z.union([position, z.int()]))])
  .describe("A past state of the log: a watermark, a sequence, a time or the name of a saved watermark");

/** The same as the text of an address. */
export const asOfText = z
  .string()
  .transform((text) => (/^\d{1,15}$|^\{/.test(text) ? parseJson(text) : text))
  .pipe(asOf);

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}

const window = z.union([
  z.strictObject({ kind: z.enum(["rolling", "average"]), buckets: z.int() }),
  z.strictObject({ kind: z.literal("cumulative") }),
]);

/** A trend, as `trend` of the library takes it. What the parts mean, and whether they fit the project, the library says. */
const trendQuestion = z.strictObject({
  metric: z.union([z.string(), z.array(z.string())]).describe("Metrics, ratios and formulas of the project, by name"),
  from: moment.optional(),
  to: moment.optional(),
  range: z.string().optional().describe('Instead of "from" and "to": "today", "last week", "30d", "2026-11"'),
  grain: z.string().describe('"5 minutes", "hour", "day", "week" …'),
  timezone: z.string().optional().describe("IANA zone; default: the project's"),
  groupBy: z.array(z.string()).optional(),
  top: z.union([z.int(), z.strictObject({ groups: z.int(), by: z.string() })]).optional(),
  filter: filter.optional(),
  window: window.optional(),
  transform: z.enum(["difference", "growth", "rate"]).optional(),
  compare: z.string().optional().describe('"previous", "day", "week", "52 weeks" …'),
  fill: z.enum(["none", "zero", "previous", "linear"]).optional(),
  asOf: asOf.optional(),
  source: z.enum(["auto", "raw"]).optional(),
});

const event = z.union([z.string(), z.strictObject({ event: z.string(), where: filter.optional() })]);

/** Which time a question is about, and in which zone. */
export const timeRange = {
  from: moment.optional(),
  to: moment.optional(),
  range: z.string().optional(),
  timezone: z.string().optional(),
};

/** What every question about behaviour may say. */
const behaviour = {
  ...timeRange,
  entity: z.string().optional().describe('Whose events are looked at together; default "subject"'),
  filter: filter.optional(),
  asOf: asOf.optional(),
};

/** What may be said of the trend that a signal is looked for in. */
const signalTrend = {
  metric: z.string().describe("A metric, ratio or formula of the project, by name"),
  ...timeRange,
  grain: z.string(),
  groupBy: z.array(z.string()).optional(),
  filter: filter.optional(),
  asOf: asOf.optional(),
  source: z.enum(["auto", "raw"]).optional(),
};

/** What every signal that is told the season may say. */
const signal = {
  ...signalTrend,
  season: z.enum(["auto", "none", "day", "week", "year"]).optional().describe("What repeats, by the clocks of the zone"),
};

/** What every question about a market may say. */
const market = {
  ...timeRange,
  by: z.string().optional().describe('Field that tells instruments apart; default "subject"'),
  only: z.array(z.string()).optional().describe("Only these instruments"),
  asOf: asOf.optional(),
};

/** The questions, as the library's functions of these names take them. */
export const questionSchemas = {
  trend: trendQuestion,
  funnel: z.strictObject({ ...behaviour, steps: z.array(event), window: z.string(), by: z.string().optional() }),
  retention: z.strictObject({
    ...behaviour,
    first: event,
    returning: event.optional(),
    period: z.string(),
    cohort: z.enum(["first", "recurring"]).optional(),
  }),
  lifecycle: z.strictObject({ ...behaviour, events: z.array(event).optional(), period: z.string() }),
  sessions: z.strictObject({ ...behaviour, events: z.array(event).optional(), gap: z.string() }),
  paths: z.strictObject({
    ...behaviour,
    events: z.array(event).optional(),
    length: z.int(),
    gap: z.string().optional(),
    collapse: z.boolean().optional(),
    startAt: z.string().optional(),
    endAt: z.string().optional(),
    limit: z.int().optional(),
  }),
  anomalies: z.strictObject({ ...signal, threshold: z.number().optional(), history: z.int().optional() }),
  changes: z.strictObject({ ...signal, penalty: z.number().optional() }),
  forecast: z.strictObject({ ...signal, horizon: z.int(), level: z.number().optional() }),
  movers: z.strictObject({
    metric: z.string(),
    groupBy: z.array(z.string()),
    ...timeRange,
    before: z.strictObject({ from: moment, to: moment }).optional().describe("The period to compare with; default: as long, right before"),
    filter: filter.optional(),
    asOf: asOf.optional(),
    limit: z.int().optional(),
  }),
  seasonality: z.strictObject({ ...signalTrend, falseAlarms: z.number().optional() }),
  candles: z.strictObject({ ...market, event: z.string(), price: z.string(), size: z.string().optional(), grain: z.string() }),
  asOfJoin: z.strictObject({
    ...market,
    event: z.string(),
    fields: z.array(z.string()),
    lookUp: z.string().describe("Type of the events that are looked up"),
    lookUpFields: z.array(z.string()),
  }),
  revisions: z.strictObject({
    metric: z.string(),
    ...timeRange,
    grain: z.string(),
    groupBy: z.array(z.string()).optional(),
    filter: filter.optional(),
    against: moment.optional().describe("Compare with what the log held then; default: with what it held when each bucket became final"),
    limit: z.int().optional(),
  }),
} as const satisfies Readonly<Record<QuestionKind, z.ZodType>>;

/**
 * Why a value does not fit a schema, as one sentence.
 * @param whole what the value is called where no part of it is to blame
 */
export function misfit({ issues }: z.ZodError, whole: string): string {
  const [issue] = issues;
  const place = issue === undefined || issue.path.length === 0 ? whole : `"${issue.path.join(".")}"`;
  return `${place} does not fit: ${issue?.message ?? "it is none"}.`;
}
