import { readFile } from "node:fs/promises";
import { expect, it } from "vitest";
import { someEvents, testPipeline } from "../ingest.test-support.ts";
import { nextDatabase } from "./switch.test-support.ts";

/** The query that the page on replays shows. */
async function comparison(live: string, next: string): Promise<string> {
  const page = await readFile(new URL("../../docs/replay.md", import.meta.url), "utf8");
  const [, sql] = /```sql\n(WITH live[^]*?)```/.exec(page) ?? [];
  if (sql === undefined) throw new Error("docs/replay.md no longer shows the query.");
  return sql.replaceAll("shop_next.", `${next}.`).replaceAll("shop.", `${live}.`);
}

it("finds by a replay beside what was changed in the live database, to the value, and nothing else", async () => {
  const pipeline = await testPipeline();
  const next = await nextDatabase(pipeline);
  const { clickhouse, project } = pipeline;
  const sql = await comparison(project.name, next.into.database);
  const differences = async (): Promise<unknown[]> => {
    const settings = { output_format_json_quote_64bit_integers: 0 } as const;
    const rows = await clickhouse.rows<{ side: string; seq: number; data: string }>({ name: "Compare", sql, settings });
    return rows.map(({ data, seq, side }) => [side, seq, data]);
  };
  try {
    await pipeline.publish(someEvents(0, 250));
    await pipeline.publishRaw([
      '{"specversion":"1.0","id":"odd","source":"s","type":"t","data":{"a":null,"b":[1,2.5,"x"],"c":{},"big":12345678901234567}}',
    ]);
    await pipeline.ingest();
    await next.catchUp();
    expect(await differences()).toEqual([]);
    await clickhouse.command({
      name: "Tamper",
      sql: `INSERT INTO events (* EXCEPT data, data) SELECT * EXCEPT data, '{"n":7}' FROM events WHERE seq = 100`,
    });
    await clickhouse.command({ name: "Tamper", sql: "DELETE FROM events WHERE seq = 100 AND data.n.:Int64 = 99" });
    expect(await differences()).toEqual([
      ["only live", 100, '{"n":7}'],
      ["only next", 100, '{"n":99}'],
    ]);
  } finally {
    await next.close();
    await pipeline.close();
  }
});
