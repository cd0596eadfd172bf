import { describe, expect, it } from "vitest";
import { z } from "zod";
import {
  avg,
  checkProject,
  count,
  defineEvent,
  defineFeatures,
  defineMetric,
  defineProject,
  first,
  quantiles,
  uniq,
  sum,
  type Measure,
  type Project,
  type ProjectOptions,
} from "./index.ts";

const order = defineEvent({
  type: "order.placed",
  data: z.object({ amount: z.number(), country: z.string(), time: z.string(), a: z.object({ b: z.string() }), a__b: z.string() }),
});
const homonym = defineEvent({ type: "homonym", data: z.object({ subject: z.string() }) });
const orders = defineMetric({ name: "orders", event: order, measure: count() });
const options: ProjectOptions = {
  name: "shop",
  streams: [{ name: "SHOP", subjects: ["shop.>"] }],
  events: [order],
  metrics: [orders],
};

/** Problems of the project above with some parts replaced, as "path: rule". */
const problems = (changes: Partial<ProjectOptions> | Record<string, unknown>): string[] =>
  checkProject({ ...defineProject(options), ...changes }).map(({ path, rule }) => `${path}: ${rule}`);
const withMeasure = (measure: unknown): string[] => problems({ metrics: [{ ...orders, measure: measure as Measure }] });
const withMetric = (changes: object): string[] => problems({ events: [order, homonym], metrics: [{ ...orders, ...changes }] });

const NAME = 'must start with a lower-case letter and have only lower-case letters, digits and "_" (63 at most)';

describe("a sound project", () => {
  it("has no problems", () => {
    const project = defineProject({
      ...options,
      streams: [
        { name: "SHOP-1", subjects: ["shop.>", "order.*.placed"], replicas: 3, duplicateWindow: "1h" },
        { name: "other_2", subjects: ["order.*.sent", "returns", "Größe.ü"] },
      ],
      metrics: [
        orders,
        defineMetric({
          name: "revenue",
          event: order,
          measure: sum("amount", { decimals: 0 }),
          dimensions: ["country", "data.time", "a.b"],
        }),
        defineMetric({ name: "spread", event: order, measure: quantiles("amount", [0.07, 0.5, 0.999]), grain: "1 hour" }),
      ],
      features: [
        defineFeatures({ name: "buyer", entity: "subject", features: { orders_1h: { metric: orders, window: "1h", delay: "0s" } } }),
      ],
      timezone: "Asia/Kathmandu",
      lateness: "0s",
      unknownEvents: "dead-letter",
      deduplicate: { within: "49d" },
    });
    expect(checkProject(project)).toStrictEqual([]);
  });
});

describe("the outline", () => {
  it.each([
    ["nothing", undefined],
    ["a text", "project"],
    ["a list", []],
  ])("refuses %s", (_name, value) => {
    expect(checkProject(value)).toStrictEqual([
      { path: "the default export", rule: expect.stringContaining("expected object") as unknown },
    ]);
  });

  it.each<[string, Record<string, unknown>, string[]]>([
    ["name", { name: "Shop" }, [`name: ${NAME}`]],
    ["empty name", { name: "" }, [`name: ${NAME}`]],
    ["long name", { name: "a".repeat(64) }, [`name: ${NAME}`]],
    ["a database of ClickHouse's own", { name: "system" }, ['name: "system" is a database of ClickHouse\'s own: choose another name']],
    [
      "the standard's own schema",
      { name: "information_schema" },
      ['name: "information_schema" is a database of ClickHouse\'s own: choose another name'],
    ],
    ["unknown key", { stream: [] }, ['the default export: Unrecognized key: "stream"']],
    ["no streams", { streams: [] }, ["streams: Too small: expected array to have >=1 items"]],
    ["stream name", { streams: [{ name: "a.b", subjects: ["a"] }] }, ['streams[0].name: must be 1 to 32 letters, digits, "-" or "_"']],
    ["no subjects", { streams: [{ name: "A", subjects: [] }] }, ["streams[0].subjects: Too small: expected array to have >=1 items"]],
    [
      "replicas",
      { streams: [{ name: "A", subjects: ["a"], replicas: 2 }] },
      ["streams[0].replicas: Invalid option: expected one of 1|3|5"],
    ],
    [
      "duplicate window",
      { streams: [{ name: "A", subjects: ["a"], duplicateWindow: "soon" }] },
      ['streams[0].duplicateWindow: must be a duration such as "90s", "10m" or "1h"'],
    ],
    ["misspelt stream key", { streams: [{ name: "A", subject: ["a"], subjects: ["a"] }] }, ['streams[0]: Unrecognized key: "subject"']],
    ["events", { events: [{}] }, ["events[0]: must be made by defineEvent"]],
    ["an event without a schema", { events: [{ type: "a", data: {} }] }, ["events[0]: must be made by defineEvent"]],
    ["an event without upcasts", { events: [{ type: "a", version: 2, data: z.object({}) }] }, ["events[0]: must be made by defineEvent"]],
    ["metrics", { metrics: ["orders"] }, ["metrics[0]: must be made by defineMetric"]],
    [
      "a metric without dimensions",
      { metrics: [{ name: "a", event: order, measure: count() }] },
      ["metrics[0]: must be made by defineMetric"],
    ],
    ["features", { features: [null] }, ["features[0]: must be made by defineFeatures"]],
    ["unknownEvents", { unknownEvents: "ignore" }, ['unknownEvents: Invalid option: expected one of "accept"|"dead-letter"']],
    ["deduplicate", { deduplicate: "24h" }, ["deduplicate: Invalid input: expected object, received string"]],
    [
      "a window that is no duration",
      { deduplicate: { within: "a day" } },
      ['deduplicate.within: must be a duration such as "90s", "10m" or "1h"'],
    ],
    ["an empty window", { deduplicate: { within: "0s" } }, ["deduplicate.within: must be from 1ms to 49d"]],
    ["a window too long", { deduplicate: { within: "50d" } }, ["deduplicate.within: must be from 1ms to 49d"]],
    ["lateness", { lateness: "-1h" }, ['lateness: must be a duration such as "90s", "10m" or "1h"']],
    ["timezone", { timezone: "+02:00" }, ['timezone: must be an IANA time zone such as "Europe/Berlin"']],
  ])("%s", (_name, changes, expected) => {
    expect(problems(changes)).toStrictEqual(expected);
  });

  it.each<[object, string]>([
    [{ batchRows: 0 }, "limits.batchRows"],
    [{ batchRows: 1.5 }, "limits.batchRows"],
    [{ batchRows: 1_000_001 }, "limits.batchRows"],
    [{ batchBytes: 1_023 }, "limits.batchBytes"],
    [{ batchAge: "1 s" }, "limits.batchAge"],
    [{ maxPayload: 0 }, "limits.maxPayload"],
    [{ maxDepth: 901 }, "limits.maxDepth"],
    [{ lease: "999ms" }, "limits.lease"],
    [{ lease: "x" }, "limits.lease"],
    [{ batchAge: "0s" }, "limits.batchAge"],
    [{ readAhead: 1_000 }, "limits.readAhead"],
    [{ drain: "2h" }, "limits.drain"],
    [{ stalled: "10ms" }, "limits.stalled"],
    [{ rows: 1 }, "limits"],
  ])("limits %j", (limits, path) => {
    const found = checkProject(defineProject({ ...options, limits }));
    expect(found.map((problem) => problem.path)).toContain(path);
  });

  it.each(["", "a b", ".a", "a.", "a..b", "a.>.b", ">.a", "a\tb"])("subject %j", (subject) => {
    expect(problems({ streams: [{ name: "A", subjects: [subject] }] })).toStrictEqual(["streams[0].subjects[0]: must be a NATS subject"]);
  });
});

describe("partitions", () => {
  it.each([0, 1, 257, 2.5])("%d of them are refused", (partitions) => {
    expect(problems({ streams: [{ name: "A", subjects: ["a.>"], partitions }] })[0]).toMatch(/^streams\[0\]\.partitions: /);
  });

  it("may not take the name of another stream", () => {
    const streams = [
      { name: "A", subjects: ["a.>"], partitions: 2 },
      { name: "A-1", subjects: ["b.>"] },
    ];
    expect(problems({ streams })).toStrictEqual(['streams[1].name: is the name of a partition of stream "A"']);
  });

  it("store subjects of their own, which only those of another stream with partitions, or p.…, can meet", () => {
    const a = { name: "A", subjects: ["a.>"], partitions: 2 };
    expect(problems({ streams: [a, { name: "B", subjects: ["a.>"] }] })).toStrictEqual([]);
    expect(problems({ streams: [a, { name: "B", subjects: ["p.1.a.b"] }] })).toHaveLength(1);
    expect(problems({ streams: [a, { name: "B", subjects: ["a.b"], partitions: 3 }] })).toHaveLength(1);
  });
});

describe("streams", () => {
  it("have names of their own", () => {
    const streams = [
      { name: "A", subjects: ["a"] },
      { name: "A", subjects: ["b"] },
    ];
    expect(problems({ streams })).toStrictEqual(['streams[1].name: repeats the stream "A"']);
  });

  it("store a subject once", () => {
    const streams = [{ name: "A", subjects: ["a.>", "b", "a.b", "b"] }];
    expect(problems({ streams })).toStrictEqual([
      'streams[0].subjects[2]: "a.b" overlaps "a.>"',
      'streams[0].subjects[3]: "b" overlaps "b"',
    ]);
  });

  it.each([
    ["a.>", "a.b", true],
    ["a.*", "a.b", true],
    ["a.*", "*.b", true],
    ["a.*.c", "a.b.>", true],
    [">", "a", true],
    ["a", "a", true],
    ["a.>", "a", false],
    ["a.*", "a.b.c", false],
    ["a.b", "a.c", false],
    ["a.*.c", "a.b.d", false],
    ["*.a", "b.>", true],
    ["a", "A", false],
  ])("%s and %s meet: %s", (one, other, meet) => {
    const streams = [
      { name: "A", subjects: [one] },
      { name: "B", subjects: [other] },
    ];
    const expected = (subject: string): string[] => (meet ? [`streams[1].subjects: "${subject}" overlaps a subject of stream "A"`] : []);
    expect(problems({ streams })).toStrictEqual(expected(other));
    const swapped = [
      { name: "A", subjects: [other] },
      { name: "B", subjects: [one] },
    ];
    expect(problems({ streams: swapped })).toStrictEqual(expected(one));
  });
});

describe("events", () => {
  it.each<[string, Partial<typeof order>, string]>([
    ["empty type", { type: "" as "order.placed" }, "events[0].type: must be 1 to 200 printable ASCII characters without spaces"],
    [
      "type with a space",
      { type: "order placed" as "order.placed" },
      "events[0].type: must be 1 to 200 printable ASCII characters without spaces",
    ],
    ["version 0", { version: 0 }, "events[0].version: must be a whole number from 1 to 65535"],
    ["version 1.5", { version: 1.5 }, "events[0].version: must be a whole number from 1 to 65535"],
    ["version 65536", { version: 65_536 }, "events[0].version: must be a whole number from 1 to 65535"],
    [
      "a fate of newer versions that there is not",
      { newerVersions: "drop" as never },
      'events[0].newerVersions: must be "accept" or "dead-letter"',
    ],
    ["a step lacking", { version: 2 }, "events[0].upcast: lacks the step from version 1 to 2"],
    ["a step too many", { upcast: { 1: (data) => data } }, "events[0].upcast[1]: is no step below version 1"],
    ["a step from 0", { upcast: { 0: (data) => data } }, "events[0].upcast[0]: is no step below version 1"],
    ["a step that is none", { upcast: { x: (data: object) => data } as never }, "events[0].upcast[x]: is no step below version 1"],
  ])("%s", (_name, changes, expected) => {
    expect(problems({ events: [{ ...order, ...changes }], metrics: [] })).toStrictEqual([expected]);
  });

  it("have types of their own", () => {
    expect(problems({ events: [order, { ...order }] })).toStrictEqual(['events[1].type: repeats the event type "order.placed"']);
  });

  it("have no field that JSON cannot hold: every event would be a dead letter", () => {
    const data = z.object({ big: z.bigint(), when: z.object({ at: z.date().optional() }), fine: z.coerce.bigint() });
    expect(problems({ events: [defineEvent({ type: "a", data })], metrics: [] })).toStrictEqual([
      "events[0].data.big: is a bigint, which JSON cannot hold: write z.int() for whole numbers, z.coerce.bigint() for those beyond 2^53",
      "events[0].data.when.at: is a date, which JSON cannot hold: write z.iso.datetime()",
    ]);
  });
});

describe("metrics", () => {
  it.each<[string, object, string[]]>([
    ["name", { name: "Orders" }, [`metrics[0].name: ${NAME}`]],
    [
      "event of another project",
      { event: { ...order } },
      ['metrics[0].event: is not in the project\'s events: add "order.placed" to `events`'],
    ],
    ["dimension twice", { dimensions: ["country", "country"] }, ['metrics[0].dimensions[1]: repeats the dimension "country"']],
    [
      "one field under two names",
      { dimensions: ["country", "data.country"] },
      ['metrics[0].dimensions[1]: repeats the dimension "country" under another name'],
    ],
    [
      "two dimensions that would be one column",
      { dimensions: ["a.b", "a__b"] },
      ['metrics[0].dimensions[1]: has the same column as "a.b", which tables call "a__b": leave one of them out'],
    ],
    [
      "unknown dimension",
      { dimensions: ["county"] },
      [
        'metrics[0].dimensions[0]: event "order.placed" has no scalar field "county" (it has: id, source, subject, amount, country, time, a.b, a__b)',
      ],
    ],
    ["reserved dimension", { dimensions: ["time"] }, ['metrics[0].dimensions[0]: "time" is a column of every answer: write "data.time"']],
    [
      "grain",
      { grain: "7 minutes" },
      ['metrics[0].grain: "7 minutes" must be a length of time that divides a day, such as "1 minute" or "1 hour"'],
    ],
    [
      "coarser grains that do not follow from the finer",
      { grain: "5 minutes", coarser: ["12 minutes", "1 hour", "1 hour", "7 hours"] },
      [
        'metrics[0].coarser[0]: "12 minutes" must be a multiple of "5 minutes", and longer',
        'metrics[0].coarser[2]: "1 hour" must be a multiple of "1 hour", and longer',
        'metrics[0].coarser[3]: "7 hours" must be a length of time that divides a day, such as "1 minute" or "1 hour"',
      ],
    ],
    [
      "calendar grain",
      { grain: "day" },
      ['metrics[0].grain: "day" must be a length of time that divides a day, such as "1 minute" or "1 hour"'],
    ],
    [
      "no grain",
      { grain: "often" },
      ['metrics[0].grain: "often" must be a length of time that divides a day, such as "1 minute" or "1 hour"'],
    ],
  ])("%s", (_name, changes, expected) => {
    expect(withMetric(changes)).toStrictEqual(expected);
  });

  it("have names of their own", () => {
    expect(problems({ metrics: [orders, { ...orders }] })).toStrictEqual(['metrics[1].name: repeats the metric "orders"']);
  });

  it.each<[string, unknown, string[]]>([
    [
      "unknown field",
      sum("price"),
      [
        'metrics[0].measure.field: event "order.placed" has no scalar field "price" (it has: id, source, subject, amount, country, time, a.b, a__b)',
      ],
    ],
    ["sum of a text", sum("country"), ['metrics[0].measure.field: "country" is a string: sum needs a number']],
    ["avg of an attribute", avg("subject"), ['metrics[0].measure.field: "subject" is a string: avg needs a number']],
    ["first of a text", first("country"), []],
    ["uniq of a text", uniq("country"), []],
    ["decimals", sum("amount", { decimals: 13 }), ["metrics[0].measure.decimals: must be a whole number from 0 to 12"]],
    ["half a decimal", sum("amount", { decimals: 0.5 }), ["metrics[0].measure.decimals: must be a whole number from 0 to 12"]],
    ["no levels", quantiles("amount", []), ["metrics[0].measure.levels: must be numbers between 0 and 1, ascending"]],
    ["level 0", quantiles("amount", [0, 0.5]), ["metrics[0].measure.levels: must be numbers between 0 and 1, ascending"]],
    ["level 1", quantiles("amount", [0.5, 1]), ["metrics[0].measure.levels: must be numbers between 0 and 1, ascending"]],
    ["levels falling", quantiles("amount", [0.9, 0.5]), ["metrics[0].measure.levels: must be numbers between 0 and 1, ascending"]],
    ["level twice", quantiles("amount", [0.5, 0.5]), ["metrics[0].measure.levels: must be numbers between 0 and 1, ascending"]],
    ["no number", quantiles("amount", [Number.NaN]), ["metrics[0].measure.levels: must be numbers between 0 and 1, ascending"]],
    [
      "a level too fine to have a name",
      quantiles("amount", [0.999_999_999]),
      ["metrics[0].measure.levels: must have 8 decimal places at most: they become column names such as p99_9"],
    ],
    ["accuracy", quantiles("amount", [0.5], { accuracy: 0 }), ["metrics[0].measure.accuracy: must be above 0 and at most 0.1"]],
    ["accuracy", quantiles("amount", [0.5], { accuracy: Number.NaN }), ["metrics[0].measure.accuracy: must be above 0 and at most 0.1"]],
    [
      "an unknown measure",
      { kind: "median", field: "amount" },
      ['metrics[0].measure: "median" is no measure: use count, sum, avg, variance, stddev, min, max, uniq, quantiles, first or last'],
    ],
  ])("%s", (_name, measure, expected) => {
    expect(withMeasure(measure)).toStrictEqual(expected);
  });
});

it("finds every problem at once", () => {
  const project: Project = {
    ...defineProject(options),
    events: [{ ...order, version: 2 }],
    metrics: [{ ...orders, name: "A", grain: "x" }],
  };
  expect(checkProject(project).map((problem) => problem.path)).toStrictEqual(["events[0].upcast", "metrics[0].name", "metrics[0].event"]);
});
