import { z } from "zod";

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
const asOf = z
  .union([z.string(), z.int(), z.record(z.string(), z.union([position, z.int()]))])
  .describe("A past state of the log: a watermark, a sequence or a time");

const window = z.union([
  z.strictObject({ kind: z.enum(["rolling", "average"]), buckets: z.int() }),
  z.strictObject({ kind: z.literal("cumulative") }),
]);

/** A trend, as `trend` of the library takes it. What the parts mean, and whether they fit the project, the library says. */
export const trendQuestion = z.strictObject({
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

/** What every question about behaviour may say. */
const behaviour = {
  from: moment.optional(),
  to: moment.optional(),
  range: z.string().optional(),
  timezone: z.string().optional(),
  entity: z.string().optional().describe('Whose events are looked at together; default "subject"'),
  asOf: asOf.optional(),
};

/** Questions about behaviour, as the library's functions of these names take them. */
export const behaviourQuestions = {
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
} as const;
