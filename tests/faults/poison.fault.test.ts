import { describe, expect, it } from "vitest";
import { count } from "./fault-project.ts";
import { paid, poison, single, type Content } from "./messages.ts";
import { setScene } from "./scene.ts";

/** The nth event with other data, as text. */
function withData(n: number, data: string, type = "other"): string {
  return JSON.stringify({ ...paid(n), type, data: "DATA" }).replace('"DATA"', () => data);
}

/** Data that is stored as it is, of an event that nobody declared. */
function kept(n: number, data: string): Content {
  return { payload: Buffer.from(withData(n, data)), events: [{ ...paid(n), type: "other", data: JSON.parse(data) as unknown }] };
}

const nested = (depth: number): string => `{"a":`.repeat(depth) + "1" + "}".repeat(depth);

const POISON: readonly Content[] = [
  poison("", "invalid-json"),
  poison("null", "not-a-cloudevent"),
  poison("[]", "empty-batch"),
  poison(Buffer.from([0xff, 0xfe, 0x00]), "invalid-utf8"),
  poison(Buffer.concat([Buffer.from('{"id":"'), Buffer.from([0xed, 0xa0, 0x80]), Buffer.from('"}')]), "invalid-utf8"),
  poison("\uFEFF{}", "invalid-json"),
  poison(JSON.stringify(paid(1)).slice(0, -9), "invalid-json"),
  poison(withData(2, '{"n":NaN}'), "invalid-json"),
  poison(withData(3, '{"n":1e999}'), "number-out-of-range"),
  poison(withData(4, '{"text":"\\ud800"}'), "lone-surrogate"),
  poison(withData(5, '{"a":1,"a":2}'), "duplicate-keys"),
  poison(withData(6, '{"a.b":1,"a":{"b":2}}'), "duplicate-keys"),
  poison(withData(7, nested(1_001)), "too-deep"),
  poison(withData(8, nested(5_000)), "too-deep"),
  poison(withData(9, nested(100_000)), "too-deep"),
  poison(JSON.stringify(paid(10)).replace("{", '{"source":"twice",'), "duplicate-keys"),
  poison(JSON.stringify({ ...paid(11), time: "yesterday" }), "invalid-time"),
  poison(JSON.stringify({ ...paid(12), time: "2500-01-01T00:00:00Z" }), "time-out-of-range"),
  poison(JSON.stringify({ ...paid(13), time: "1969-12-31T23:59:59Z" }), "time-out-of-range"),
  poison(JSON.stringify({ ...paid(14), id: "with\u0000NUL" }), "invalid-attribute"),
  poison(withData(15, '{"shop":null,"amount":1,"note":""}', "paid"), "schema-mismatch"),
  poison(withData(16, '{"shop":"oslo","amount":"1","note":""}', "paid"), "schema-mismatch"),
  poison(withData(17, '{"shop":"oslo","note":""}', "paid"), "schema-mismatch"),
  poison("x".repeat(1_000_000), "invalid-json"),
];

const STRANGE: readonly Content[] = [
  kept(20, '{"__proto__":{"polluted":1},"constructor":"c","prototype":[1]}'),
  kept(21, '{"zero":-0.5,"small":1e-300,"large":1e300}'),
  kept(22, `{"${"k".repeat(100_000)}":1}`),
  kept(23, '{"text":"\\u0000 NUL within"}'),
  kept(24, '{"deep":[[[[[[1]]]]]],"when":"2026-11-23","at":"2026-11-23 03:00:00"}'),
  single({ ...paid(25, "x".repeat(900_000)) }),
];

describe("poison among good messages", () => {
  it("each of it is a dead letter with reason and bytes, and every neighbour goes in", async () => {
    const { committed, expectKept, project, publish, worker } = await setScene();
    const running = worker();
    for (const content of [...POISON, ...STRANGE])
      await project.publisher.publish(project.stream, [single(paid(1_000 + project.publisher.sent.length)), content]);
    await publish(50);
    await committed();
    await expectKept(running);
    expect(await project.user.run(["query", "SELECT 1 AS alive"])).toMatchObject({ code: 0 });
  });

  it("times from 1970 to 2200 go into one batch: the month of storage parts a table, not the month of the event", async () => {
    const { committed, expectKept, project, worker } = await setScene({ limits: 'batchAge: "1s", lease: "1s"' });
    const months = Array.from({ length: 230 }, (_, index) => ({ ...paid(index), type: "other", time: `${1970 + index}-06-01T00:00:00Z` }));
    await project.publisher.publish(project.stream, months.map(single));
    const running = worker();
    await committed();
    expect(await count(project.clickhouse, "toYear(time) BETWEEN 1970 AND 2199")).toBe(230);
    const parts = "SELECT uniqExact(partition) AS partitions FROM system.parts WHERE database = currentDatabase() AND table = 'events'";
    expect(await project.clickhouse.rows({ name: "Partitions", sql: parts })).toEqual([{ partitions: "1" }]);
    await expectKept(running);
  });

  it("integers beyond 2^53 keep their digits", async () => {
    const { committed, expectKept, project, worker } = await setScene();
    const digits = "9007199254740993";
    await project.publisher.publish(project.stream, [kept(1, `{"n":${digits}}`)]);
    const running = worker();
    await committed();
    // The books hold what JavaScript makes of the number; ClickHouse is asked for its text.
    expect(await project.clickhouse.rows({ name: "Digits", sql: "SELECT toString(data.n) AS digits FROM events" })).toEqual([{ digits }]);
    await expectKept(running);
  });
});
