import fc from "fast-check";
import { expect, inject, test } from "vitest";
import { connectClickHouse } from "../../clickhouse/index.ts";
import { parseTime } from "../../model/index.ts";
import { instantSql } from "./instant.ts";

const two = (most: number): fc.Arbitrary<string> => fc.integer({ min: 0, max: most }).map((value) => String(value).padStart(2, "0"));

/** Times and almost times: days that no month has, hours and seconds just beyond the last, offsets too far, no zone. */
const texts = fc
  .tuple(
    fc.integer({ min: 1900, max: 2299 }),
    two(13),
    two(32),
    fc.constantFrom("T", "t"),
    two(25),
    two(60),
    two(61),
    fc.option(fc.stringMatching(/^\d{1,9}$/), { nil: "" }),
    fc.constantFrom("Z", "z", "+05:30", "-11:59", "+24:00", "+0100", ""),
  )
  .map(
    ([year, month, day, t, hour, minute, second, fraction, zone]) =>
      `${year}-${month}-${day}${t}${hour}:${minute}:${second}${fraction === "" ? "" : `.${fraction}`}${zone}`,
  );

test("SQL reads the times that TypeScript reads, to the microsecond", async () => {
  const clickhouse = connectClickHouse({ url: inject("clickhouseUrl"), database: "default" });
  const fixed = ["2026-02-30T00:00:00Z", "2024-02-29T00:00:00Z", "2016-12-31T23:59:60Z", "2017-01-01T05:29:60.25+05:30", "", "now"];
  await fc.assert(
    fc.asyncProperty(fc.array(texts, { minLength: 500, maxLength: 500 }), async (random) => {
      const all = [...fixed, ...random];
      const rows = await clickhouse.rows<{ micros: string | null }>({
        name: "Read times",
        sql: `SELECT toUnixTimestamp64Micro(${instantSql("text")}) AS micros FROM (SELECT arrayJoin({texts:Array(String)}) AS text)`,
        params: { texts: all },
      });
      expect(rows.map(({ micros }, index) => [all[index], micros === null ? undefined : Number(micros)])).toEqual(
        all.map((text) => [text, parseTime(text)]),
      );
    }),
    { numRuns: 10 },
  );
  await clickhouse.close();
});
