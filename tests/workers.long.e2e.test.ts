import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import type { ClickHouse } from "../clickhouse/index.ts";
import { loadConfig } from "../cli/config/load-config.ts";
import { laneStatus, type LaneStatus } from "../ingest/index.ts";
import { connectJetStream, eventMessage, type JetStream } from "../jetstream/index.ts";
import type { Project } from "../model/index.ts";
import type { Running } from "./support/cli.ts";
import { databaseOf } from "./support/books.ts";
import { userProject, type UserProject } from "./support/user-project.ts";

const LANES = 6;
const SUBJECTS = 50;
const patiently = { timeout: 90_000, interval: 200 };

/** Three workers on the six lanes of a stream with six partitions. */
describe("workers that share the lanes of a project", () => {
  const addresses = { natsUrl: inject("natsUrl"), clickhouseUrl: inject("clickhouseUrl") };
  const workers: Running[] = [];
  let user: UserProject;
  let project: Project;
  let jetstream: JetStream;
  let clickhouse: ClickHouse;
  let published = 0;

  beforeAll(async () => {
    user = await userProject("shop", addresses);
    await writeFile(
      join(user.folder, "hydrograph.config.ts"),
      `import { defineProject } from "hydrograph";
       export default defineProject({
         name: "${user.name}",
         streams: [{ name: "${user.stream}", subjects: ["${user.name}.>"], partitions: ${LANES}, duplicateWindow: "1h" }],
         events: [],
         limits: { lease: "2s", batchAge: "100ms", batchRows: 100 },
       });`,
    );
    ({ project } = await loadConfig(join(user.folder, "hydrograph.config.ts")));
    jetstream = await connectJetStream({ url: addresses.natsUrl });
    clickhouse = databaseOf(user, addresses);
    await user.json(["migrate"]);
  });

  afterAll(async () => {
    for (const { child } of workers) child.kill("SIGKILL");
    await jetstream.close();
    await clickhouse.close();
    await user.remove();
  });

  async function publish(count: number): Promise<void> {
    const from = published;
    published += count;
    const messages = Array.from({ length: count }, (_, offset) => {
      const n = from + offset;
      return eventMessage(project, {
        specversion: "1.0",
        id: `e${n}`,
        source: "t",
        type: "counted",
        subject: `s${n % SUBJECTS}`,
        data: { n },
      });
    });
    expect(await jetstream.publish(messages)).toMatchObject({ published: count, failed: 0 });
  }

  const lanes = (): Promise<readonly LaneStatus[]> => laneStatus({ project, clickhouse, jetstream });

  /** How many lanes each worker holds, for the workers given; what anybody else holds comes last. */
  async function spread(...of: Running[]): Promise<number[]> {
    const owners = (await lanes()).map(({ owner = "nobody" }) => owner);
    const counts = of.map(({ pid }) => owners.filter((owner) => owner.includes(`:${pid}/`)).length);
    return [...counts, LANES - counts.reduce((sum, count) => sum + count, 0)];
  }

  async function rows(): Promise<number> {
    const [row] = await clickhouse.rows<{ count: string }>({ name: "Rows", sql: "SELECT count() AS count FROM events" });
    return Number(row?.count);
  }

  const startWorker = (): Running => {
    const worker = user.start(["ingest"]);
    workers.push(worker);
    return worker;
  };

  it(
    "spreads the lanes, and spreads them again when a worker comes, dies or sleeps; nothing is lost, doubled or reordered",
    { timeout: 400_000 },
    async () => {
      const first = startWorker();
      await publish(1_000);
      await expect.poll(() => spread(first), patiently).toStrictEqual([6, 0]);

      // Those that come are given their share.
      const second = startWorker();
      const third = startWorker();
      await expect.poll(() => spread(first, second, third), patiently).toStrictEqual([2, 2, 2, 0]);
      await publish(2_000);
      await expect.poll(rows, patiently).toBe(3_000);

      // One dies in the middle of its work.
      const publishing = publish(3_000);
      first.child.kill("SIGKILL");
      await publishing;
      await expect.poll(() => spread(second, third), patiently).toStrictEqual([3, 3, 0]);
      await expect.poll(rows, patiently).toBe(6_000);

      // One sleeps for longer than the lease, and wakes.
      const meanwhile = publish(3_000);
      second.child.kill("SIGSTOP");
      await meanwhile;
      await expect.poll(() => spread(third), patiently).toStrictEqual([6, 0]);
      await expect.poll(rows, patiently).toBe(9_000);
      const alsoMeanwhile = publish(1_000);
      second.child.kill("SIGCONT");
      await alsoMeanwhile;
      await expect.poll(() => spread(second, third), patiently).toStrictEqual([3, 3, 0]);
      await expect.poll(async () => (await lanes()).map(({ lagMessages }) => lagMessages), patiently).toStrictEqual(Array(LANES).fill(0));

      for (const { child, finished } of [second, third]) {
        child.kill("SIGTERM");
        expect((await finished).code).toBe(0);
      }
      expect(await user.json(["verify"])).toMatchObject({ ok: true, received: published, inserted: published, deadLettered: 0 });
      expect((await lanes()).map(({ owner }) => owner)).toStrictEqual(Array(LANES).fill(undefined));
      await expectOrder();
    },
  );

  /** Each event once; those of a subject in one stream, in the order in which they were published. */
  async function expectOrder(): Promise<void> {
    const subjects = await clickhouse.rows<{ streams: string; numbers: string[] }>({
      name: "Events by subject",
      sql: `SELECT uniqExact(stream) AS streams, groupArray(n) AS numbers
            FROM (SELECT subject, stream, toString(data.n) AS n FROM events ORDER BY stream, seq, idx) GROUP BY subject ORDER BY toUInt32(substring(subject, 2))`,
    });
    const expected = Array.from({ length: SUBJECTS }, (_, subject) => ({
      streams: "1",
      numbers: Array.from({ length: published / SUBJECTS }, (_each, round) => String(round * SUBJECTS + subject)),
    }));
    expect(subjects).toStrictEqual(expected);
  }
});
