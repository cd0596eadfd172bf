import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { defineEvent } from "../model/index.ts";
import { verify } from "./index.ts";
import { someEvents, testPipeline, type TestPipeline } from "./ingest.test-support.ts";
import { jsonText } from "./json/json.test-support.ts";

const SLICE = 10_000;
/** In whole slices: `FUZZ_MESSAGES=100000` for ten. */
const MESSAGES = SLICE * Math.ceil(Number(process.env["FUZZ_MESSAGES"] ?? 10_000) / SLICE);
const seed = Number(process.env["SEED"] ?? Date.now() % 1_000_000);
const thing = defineEvent({ type: "thing.happened", data: z.object({ n: z.number() }) });

/** Documents that have broken parsers, columns or ingest elsewhere. */
const HOSTILE = [
  "",
  "{",
  "[]",
  "null",
  '"\ud83d\ude00"',
  "[".repeat(5_000),
  `${'{"a":'.repeat(1_500)}1${"}".repeat(1_500)}`,
  '{"__proto__":{"specversion":"1.0"},"constructor":{"prototype":1}}',
  '{"specversion":"1.0","id":"1","source":"/","type":"a","data":{"a":1e999}}',
  '{"specversion":"1.0","id":"1","source":"/","type":"a","data":{"a":NaN}}',
  '{"specversion":"1.0","id":"1","source":"/","type":"a","data":{"a":-0,"b":18446744073709551616}}',
  '{"specversion":"1.0","id":"1","source":"/","type":"a","data":{"a.b":1,"a":{"b":2}}}',
  '{"specversion":"1.0","id":"\\u0000","source":"/","type":"a"}',
  '{"specversion":"1.0","id":"\\ud800","source":"/","type":"a"}',
  '{"specversion":"1.0","id":"1","source":"/","type":"a","time":"9999-12-31T23:59:60Z"}',
  '{"specversion":"1.0","id":"1","source":"/","type":"a","time":"1970-01-01T00:00:00Z","data":{"":{"":[[],{}]}}}',
  `{"specversion":"1.0","id":"1","source":"/","type":"a","data":{"${"k".repeat(100_000)}":1}}`,
  `{"specversion":"1.0","id":"1","source":"/","type":"a","data":[${"[".repeat(50)}${"]".repeat(50)},true,1,"x",null,{"a":[{}]}]}`,
  "\ufeff{}",
];

const good = fc.integer({ min: 0, max: 1_000_000 }).map((n) => Buffer.from(JSON.stringify(someEvents(n, n + 1)[0])));
const anyData = jsonText.map((text) => Buffer.from(`{"specversion":"1.0","id":"1","source":"/","type":"note","data":${text}}`));
const batch = fc.array(fc.oneof(good, anyData), { maxLength: 5 }).map((items) => Buffer.from(`[${items.join(",")}]`));
const valid = fc.oneof(good, anyData, batch);
const truncated = fc
  .tuple(valid, fc.double({ min: 0, max: 1, noNaN: true }))
  .map(([bytes, part]) => bytes.subarray(0, Math.floor(bytes.length * part)));
const mutated = fc
  .tuple(valid, fc.array(fc.tuple(fc.nat(100_000), fc.nat(255)), { minLength: 1, maxLength: 4 }))
  .map(([bytes, changes]) => {
    const copy = Buffer.from(bytes);
    for (const [at, byte] of changes) if (copy.length > 0) copy[at % copy.length] = byte;
    return copy;
  });
const message = fc.oneof(
  { weight: 4, arbitrary: good },
  { weight: 3, arbitrary: anyData },
  { weight: 1, arbitrary: batch },
  { weight: 3, arbitrary: truncated },
  { weight: 5, arbitrary: mutated },
  { weight: 2, arbitrary: fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)) },
  { weight: 1, arbitrary: fc.constantFrom(...HOSTILE).map((text) => Buffer.from(text)) },
);

describe(`${MESSAGES} messages of any kind (SEED=${seed})`, () => {
  let pipeline: TestPipeline;
  beforeAll(async () => {
    pipeline = await testPipeline({ events: [thing], limits: { batchRows: 5_000, batchAge: "500ms", lease: "5s" } });
  });
  afterAll(() => pipeline.close());

  it("each become events or dead letters, and the ledger balances", { timeout: 300_000 }, async () => {
    for (let slice = 0; slice < MESSAGES / SLICE; slice += 1) {
      await pipeline.publishRaw(fc.sample(message, { numRuns: SLICE, seed: seed + slice }));
    }
    await pipeline.ingest();
    const report = await verify({ clickhouse: pipeline.clickhouse, jetstream: pipeline.jetstream, project: pipeline.project, deep: {} });
    expect(report).toMatchObject({ ok: true, received: MESSAGES, duplicates: 0, missing: 0, doubled: 0, changed: 0 });
    expect(report.inserted + report.deadLettered).toBe(MESSAGES);
    // All kinds came, and each in earnest.
    expect(Math.min(report.inserted, report.deadLettered)).toBeGreaterThan(MESSAGES / 10);
    const places = await pipeline.value("SELECT uniqExact(seq) FROM (SELECT seq FROM events UNION ALL SELECT seq FROM dead_letters)");
    expect(Number(places)).toBe(MESSAGES);
    // Whatever decodes goes in: nothing was left for ClickHouse to refuse.
    expect(Number(await pipeline.value("SELECT count() FROM dead_letters WHERE reason = 'rejected-by-clickhouse'"))).toBe(0);
    expect(Number(await pipeline.value("SELECT uniqExact(reason) FROM dead_letters"))).toBeGreaterThan(8);
  });

  it("leave a lane that goes on", async () => {
    await pipeline.publish(someEvents(2_000_000, 2_000_001));
    await pipeline.ingest();
    expect(Number(await pipeline.value("SELECT count() FROM events WHERE id = 'e2000000'"))).toBe(1);
  });
});
