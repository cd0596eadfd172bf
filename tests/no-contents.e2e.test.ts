import { afterAll, beforeAll, expect, inject, it } from "vitest";
import { connectClickHouse, type ClickHouse } from "../clickhouse/index.ts";
import { connectJetStream, type JetStream, type OutgoingMessage } from "../jetstream/index.ts";
import { freePort } from "./support/free-port.ts";
import { userProject, type UserProject } from "./support/user-project.ts";

/** Stands wherever a message can hold something that is nobody's business. */
const SECRET = "violet-4711";

let project: UserProject;
let jetstream: JetStream;
let clickhouse: ClickHouse;

beforeAll(async () => {
  project = await userProject("shop", { natsUrl: inject("natsUrl"), clickhouseUrl: inject("clickhouseUrl") });
  await project.json(["migrate"]);
  jetstream = await connectJetStream({ url: inject("natsUrl") });
  clickhouse = connectClickHouse({ url: inject("clickhouseUrl"), database: project.name });
});

afterAll(async () => {
  await Promise.all([jetstream.close(), clickhouse.close()]);
  await project.remove();
});

/** Every way in which a message can be refused, by the worker and by ClickHouse. */
function badMessages(): OutgoingMessage[] {
  const event = { specversion: "1.0", id: SECRET, source: SECRET, type: "order.placed", subject: SECRET, data: { amount: SECRET } };
  const texts = [
    `{ ${SECRET}`,
    JSON.stringify({ [SECRET]: SECRET }),
    JSON.stringify(event),
    JSON.stringify({ ...event, time: SECRET }),
    JSON.stringify({ ...event, type: SECRET, dataversion: SECRET }),
    JSON.stringify({ ...event, type: `${SECRET}\0`, data: {} }),
    `{"specversion":"1.0","id":"1","source":"s","type":"t","data":{"${SECRET}":1,"${SECRET}":2}}`,
    `{"specversion":"1.0","id":"1","source":"s","type":"t","data":${`{"${SECRET}":`.repeat(150)}1${"}".repeat(150)}}`,
    JSON.stringify({ ...event, id: `${SECRET}-refused`, type: "free", data: { n: 1 } }),
    JSON.stringify({ specversion: "1.0", id: "good", source: "s", type: "free", data: { n: 1 } }),
  ];
  const subject = `${project.name}.${SECRET}`;
  return [...texts.map((text) => Buffer.from(text)), Buffer.from([0xff, ...Buffer.from(SECRET)])].map((payload) => ({ subject, payload }));
}

it("tells nothing of what messages hold, in no log line, metric, probe, status or checkpoint", async () => {
  const check = `ALTER TABLE events ADD CONSTRAINT picky CHECK id != '${SECRET}-refused'`;
  await clickhouse.command({ name: "Refuse a row", sql: check });
  await jetstream.publish(badMessages());
  const port = await freePort();
  const worker = project.start(["--verbose", "ingest"], { env: { HYDROGRAPH_METRICS_PORT: String(port) } });
  const lag = async (): Promise<unknown> => (await project.json<readonly object[]>(["status"]))[0];
  await expect.poll(lag, { timeout: 100_000, interval: 500 }).toMatchObject({ lagMessages: 0 });
  const told = await Promise.all(
    ["metrics", "healthz", "readyz", "livez"].map(async (path) => (await fetch(`http://127.0.0.1:${port}/${path}`)).text()),
  );
  const status = JSON.stringify(await lag());
  const doctor = (await project.run(["doctor"])).stdout;
  const checkpoint = JSON.stringify(await (await jetstream.lanes(project.name)).read(project.stream));
  worker.child.kill("SIGTERM");
  const { code, stderr, stdout } = await worker.finished;
  expect(code).toBe(0);
  for (const text of [stdout, stderr, ...told, status, doctor, checkpoint]) {
    expect(text).not.toBe("");
    expect(text).not.toContain("violet");
    expect(text).not.toContain("4711");
  }
  const reasons = await clickhouse.rows<{ reason: string; holds: 0 | 1; quotes: 0 | 1 }>({
    name: "Reasons",
    sql: "SELECT reason, max(position(payload, {secret:String}) > 0) AS holds, max(position(detail, {secret:String}) > 0) AS quotes FROM dead_letters GROUP BY reason ORDER BY reason",
    params: { secret: SECRET },
  });
  expect(reasons.length).toBeGreaterThanOrEqual(5);
  expect(reasons).toContainEqual({ reason: "rejected-by-clickhouse", holds: 1, quotes: 0 });
  expect(reasons.filter(({ holds, quotes }) => holds !== 1 || quotes !== 0)).toEqual([]);
  expect(stderr).toContain("VIOLATED_CONSTRAINT");
  expect(told[0]).toContain('code="469"');
});
