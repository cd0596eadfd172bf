import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import type { Diagnosis } from "../cli/doctor/examine.ts";
import { administer } from "../jetstream/administer.test-support.ts";
import { migratedShop, userProject, type UserProject } from "./support/user-project.ts";

describe("hydrograph doctor", () => {
  const addresses = { natsUrl: inject("natsUrl"), clickhouseUrl: inject("clickhouseUrl") };
  let project: UserProject;

  beforeAll(async () => {
    project = await migratedShop(addresses);
  });
  afterAll(() => project.remove());

  it("answers for reading and for programs, with 0 while there are only warnings", async () => {
    const { code, stdout } = await project.run(["doctor"]);
    expect([code, stdout]).toEqual([0, expect.stringMatching(/\nguaranteed of SHOP_\w+\n {2}Exactly once from JetStream to ClickHouse/)]);
    expect(stdout).toMatch(/\n {2}warn {5}SHOP_\w+ is read: No worker reads it\.\n {11}fix: hydrograph ingest\n/);
    expect(stdout).toMatch(/\nNo check failed: \d+ warnings, \d+ unknown\.\n$/);
    expect(await project.json<Diagnosis>(["doctor"])).toMatchObject({
      ok: true,
      guarantees: [{ stream: project.stream, exactlyOnce: "yes" }],
    });
  });

  it("ends with 3 when a check fails, also when a server is away, and checks the other one", async () => {
    await administer(addresses.natsUrl, ({ streams }) => streams.update(project.stream, { max_age: 3_600e9 }));
    const forgetful = await project.run(["doctor"]);
    expect([forgetful.code, forgetful.stdout]).toEqual([
      3,
      expect.stringMatching(/ {2}fail {5}SHOP_\w+ keeps all: Stream SHOP_\w+ drops old messages \(max_age\)/),
    ]);
    const { code, stdout } = await project.run(["doctor", "--format", "json"], { HYDROGRAPH_NATS_URL: "nats://127.0.0.1:9" });
    const { findings } = JSON.parse(stdout) as Diagnosis;
    expect(code).toBe(3);
    expect(findings.filter(({ status }) => status === "fail")).toEqual([
      expect.objectContaining({
        area: "NATS",
        name: "answers",
        sentence: expect.stringMatching(/^Cannot connect to NATS at .*nothing listens there/),
      }),
    ]);
    expect(findings).toContainEqual(expect.objectContaining({ name: "inserts", status: "ok" }));
  });
});

describe("hydrograph doctor of nowhere", () => {
  it("asks where the servers are, and blames an address that is none", async () => {
    const project = await userProject("git");
    const nowhere = await project.run(["doctor"]);
    expect([nowhere.code, nowhere.stdout, nowhere.stderr]).toEqual([2, "", expect.stringMatching(/^hydrograph: Where is NATS\?/)]);
    const wrong = await project.run(["doctor", "--nats", "ftp://x"]);
    expect([wrong.code, wrong.stderr]).toEqual([2, expect.stringMatching(/"ftp:\/\/x" is no address of NATS/)]);
    await project.remove();
  });
});

describe("hydrograph status", () => {
  const addresses = { natsUrl: inject("natsUrl"), clickhouseUrl: inject("clickhouseUrl") };

  it("answers without ClickHouse what NATS knows, calls the rest unknown, and ends with 1", async () => {
    const project = await userProject("git", addresses);
    await project.json(["migrate"]);
    expect(await project.json(["status"])).toMatchObject([{ stream: project.stream, state: "unclaimed", lagMessages: 0, rate: 0 }]);
    const { code, stderr, stdout } = await project.run(["status", "--format", "json"], { HYDROGRAPH_CLICKHOUSE_URL: "http://127.0.0.1:9" });
    expect([code, JSON.parse(stdout)]).toMatchObject([1, [{ lastSeq: 0, committed: null, lagMessages: null, rate: null }]]);
    expect(stderr).toMatch(/Cannot reach ClickHouse/);
    await project.remove();
  });

  it("looks again until it is stopped", async () => {
    const project = await userProject("git", addresses);
    await project.json(["migrate"]);
    const watching = project.start(["status", "--watch", "--format", "json"]);
    await watching.said(/^\[.*\]\n\[.*\]\n/);
    watching.child.kill("SIGTERM");
    expect((await watching.finished).code).toBe(0);
    await project.remove();
  });
});
