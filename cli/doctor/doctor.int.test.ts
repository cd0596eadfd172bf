import { afterEach, beforeEach, describe, expect, inject, test } from "vitest";
import { connectClickHouse } from "../../clickhouse/index.ts";
import { someEvents, testPipeline, type TestPipeline } from "../../ingest/ingest.test-support.ts";
import { administer } from "../../jetstream/administer.test-support.ts";
import { examine, type Diagnosis } from "./examine.ts";
import { gatherFacts } from "./facts.ts";
import type { Finding } from "./finding.ts";

let pipeline: TestPipeline;

beforeEach(async () => {
  pipeline = await testPipeline();
});

afterEach(async () => {
  await pipeline.close();
});

async function diagnose(): Promise<Diagnosis> {
  return examine(await gatherFacts(pipeline.project, { value: pipeline.jetstream }, { value: pipeline.clickhouse }));
}

/** The findings of one status, as "area/name". */
function those({ findings }: Diagnosis, status: Finding["status"]): string[] {
  return findings.filter((finding) => finding.status === status).map(({ area, name }) => `${area}/${name}`);
}

async function sql(text: string): Promise<void> {
  await pipeline.clickhouse.command({ name: "Test", sql: text });
}

/** The stream anew, with settings that no definition can ask for. */
async function remakeStream(settings: object): Promise<void> {
  const { name, subjects } = pipeline.project.streams[0] ?? { name: "", subjects: [] };
  await administer(inject("natsUrl"), async ({ streams }) => {
    await streams.delete(name);
    await streams.add({ name, subjects: [...subjects], ...settings });
  });
}

describe("the doctor", () => {
  test("fails nothing in a pipeline that is as it should be, and changes nothing", async () => {
    await pipeline.publish(someEvents(0, 5));
    await pipeline.ingest();
    const diagnosis = await diagnose();
    expect(those(diagnosis, "fail")).toEqual([]);
    expect(diagnosis.ok).toBe(true);
    expect(those(diagnosis, "warn")).toContain(`lanes/${pipeline.stream} is read`);
    expect(those(diagnosis, "ok")).toEqual(
      expect.arrayContaining([
        "NATS/answers",
        "NATS/version",
        "ClickHouse/version",
        "ClickHouse/disk default",
        `streams/${pipeline.stream} keeps all`,
        "streams/checkpoints",
        "tables/inserts",
        "tables/migrations",
        "tables/repeated inserts",
        "tables/parts",
        `lanes/${pipeline.stream} adds up`,
        "clocks/NATS",
        "clocks/ClickHouse",
        "permissions/reading the log",
      ]),
    );
    const [guarantee] = diagnosis.guarantees;
    expect(guarantee).toMatchObject({ stream: pipeline.stream, exactlyOnce: "yes" });
    expect(guarantee?.sentences.join("\n")).toMatch(/^Exactly once[^\n]*\n[^\n]*survives a crash of the NATS process[^\n]*power loss/);
    expect(await pipeline.value("SELECT count() FROM events")).toBe("5");
    expect((await pipeline.jetstream.streamState(pipeline.stream))?.lastSeq).toBe(5);
  });

  test("finds tables, and targets of views that are not ours, which take a repeated insert twice", async () => {
    await sql("ALTER TABLE dead_letters MODIFY SETTING non_replicated_deduplication_window = 0");
    await sql("ALTER TABLE ingest_ledger MODIFY SETTING non_replicated_deduplication_window = 50");
    await sql("CREATE TABLE theirs (n UInt64) ENGINE = MergeTree ORDER BY n");
    await sql("CREATE MATERIALIZED VIEW copying TO theirs AS SELECT seq AS n FROM events");
    await sql("CREATE MATERIALIZED VIEW inner ENGINE = MergeTree ORDER BY n AS SELECT seq AS n FROM events");
    const diagnosis = await diagnose();
    expect(those(diagnosis, "fail")).toEqual([
      "tables/dead_letters remembers inserts",
      expect.stringMatching(/^tables\/(theirs|\.inner_id\..*) remembers inserts$/),
      expect.stringMatching(/^tables\/(theirs|\.inner_id\..*) remembers inserts$/),
    ]);
    expect(those(diagnosis, "warn")).toContain("tables/ingest_ledger remembers inserts");
    expect(diagnosis.guarantees[0]).toMatchObject({
      exactlyOnce: "no",
      sentences: expect.arrayContaining([expect.stringMatching(/theirs takes/)]),
    });
    const fixes = diagnosis.findings.flatMap(({ fix = "", name, status }) =>
      status === "fail" && name.includes("remembers") ? [fix] : [],
    );
    for (const fix of fixes) await sql(fix);
    expect(those(await diagnose(), "fail")).toEqual([]);
  });

  test.each([
    ["drops what is old", { max_age: 3_600e9 }, "keeps all", /drop messages before they are read/],
    ["deletes what is acknowledged", { retention: "workqueue" }, "keeps all", /deletes what is acknowledged/],
    ["is held in memory", { storage: "memory" }, "durability", /does not survive a restart of NATS/],
  ])("finds a stream that %s, and says what is then guaranteed", async (_what, settings, name, sentence) => {
    await remakeStream(settings);
    const diagnosis = await diagnose();
    expect(those(diagnosis, "fail")).toContain(`streams/${pipeline.stream} ${name}`);
    expect(diagnosis.guarantees[0]?.sentences.join(" ")).toMatch(sentence);
  });

  test("finds a stream that copies another one of the project", async () => {
    await administer(inject("natsUrl"), ({ streams }) =>
      streams.add({ name: `${pipeline.stream}_ALL`, sources: [{ name: pipeline.stream }] }),
    );
    const streams = [...pipeline.project.streams, { name: `${pipeline.stream}_ALL`, subjects: [] }];
    const facts = await gatherFacts({ ...pipeline.project, streams }, { value: pipeline.jetstream }, { value: pipeline.clickhouse });
    expect(those(examine(facts), "fail")).toEqual([`streams/${pipeline.stream}_ALL overlaps`]);
    await administer(inject("natsUrl"), (manager) => manager.streams.delete(`${pipeline.stream}_ALL`));
  });

  test("finds what left the stream before it was read, and what ClickHouse lost", async () => {
    await pipeline.publish(someEvents(0, 20));
    await pipeline.ingest();
    await sql("TRUNCATE TABLE ingest_ledger");
    const lost = (await diagnose()).findings.find(({ name }) => name === `${pipeline.stream} adds up`);
    expect(lost).toMatchObject({ status: "fail", sentence: expect.stringMatching(/20 sequences less/) });
    await administer(inject("natsUrl"), ({ streams }) => streams.purge(pipeline.stream, { seq: 11 }));
    await sql("TRUNCATE TABLE events");
    const lanes = await pipeline.jetstream.lanes(pipeline.project.name);
    const entry = await lanes.read(pipeline.stream);
    if (entry?.value) await lanes.replace(pipeline.stream, { ...entry.value, committed: 0 }, entry.revision);
    const gone = (await diagnose()).findings.find(({ name }) => name === `${pipeline.stream} adds up`);
    expect(gone).toMatchObject({ status: "fail", sentence: expect.stringMatching(/10 messages left it before being read/) });
  });

  test("finds a worker that is paused, with its reason", async () => {
    const { done, stop } = pipeline.start("worker");
    const read = async (): Promise<Finding | undefined> =>
      (await diagnose()).findings.find(({ name }) => name === `${pipeline.stream} is read`);
    await expect
      .poll(read, { timeout: 20_000 })
      .toMatchObject({ status: "ok", sentence: expect.stringMatching(/^It is read by worker.*running/) });
    await sql("RENAME TABLE dead_letters TO elsewhere");
    await pipeline.publishRaw(["no JSON"]);
    await expect
      .poll(read, { timeout: 20_000 })
      .toMatchObject({ status: "fail", sentence: expect.stringMatching(/paused until.*code 60/) });
    expect(those(await diagnose(), "fail")).toEqual(expect.arrayContaining(["tables/inserts into dead_letters", "tables/migrations"]));
    await sql("RENAME TABLE elsewhere TO dead_letters");
    await expect.poll(read, { timeout: 30_000 }).toMatchObject({ status: "ok" });
    stop.abort();
    await done;
  });

  test("says what is lacking before anything is migrated", async () => {
    await sql(`DROP DATABASE ${pipeline.project.name}`);
    await administer(inject("natsUrl"), ({ streams }) => streams.delete(pipeline.stream));
    const diagnosis = await diagnose();
    const system = pipeline.clickhouse.inDatabase("system");
    await system.command({ name: "Put back", sql: `CREATE DATABASE ${pipeline.project.name}` });
    await system.close();
    expect(those(diagnosis, "fail")).toEqual(expect.arrayContaining([`streams/${pipeline.stream} exists`, "tables/migrations"]));
    expect(diagnosis.guarantees[0]?.exactlyOnce).toBe("no");
  });

  test("checks the one server when the other is away, and calls unknown what it cannot know", async () => {
    const away = { unknown: "Cannot reach it: nothing listens there." };
    const noNats = examine(await gatherFacts(pipeline.project, away, { value: pipeline.clickhouse }));
    expect(those(noNats, "fail")).toEqual(["NATS/answers"]);
    expect(those(noNats, "ok")).toEqual(expect.arrayContaining(["tables/inserts", "tables/repeated inserts", "clocks/ClickHouse"]));
    const noClickHouse = examine(await gatherFacts(pipeline.project, { value: pipeline.jetstream }, away));
    expect(those(noClickHouse, "fail")).toEqual(["ClickHouse/answers"]);
    expect(those(noClickHouse, "ok")).toEqual(expect.arrayContaining([`streams/${pipeline.stream} keeps all`, "clocks/NATS"]));
    expect(those(noClickHouse, "unknown")).toEqual(
      expect.arrayContaining(["tables/inserts", "tables/settings", `lanes/${pipeline.stream} adds up`]),
    );
    for (const { guarantees } of [noNats, noClickHouse]) expect(guarantees[0]?.exactlyOnce).toBe("unknown");
    const neither = examine(await gatherFacts(pipeline.project, away, away));
    expect(those(neither, "fail")).toEqual(["NATS/answers", "ClickHouse/answers"]);
  });

  test("survives a ClickHouse that stops answering in the middle", async () => {
    const gone = connectClickHouse({ url: "http://127.0.0.1:9", database: pipeline.project.name });
    const diagnosis = examine(await gatherFacts(pipeline.project, { value: pipeline.jetstream }, { value: gone }));
    expect(those(diagnosis, "fail")).toContain("ClickHouse/answers");
    await gone.close();
  });
});
