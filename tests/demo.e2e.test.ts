import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { userProject, type UserProject } from "./support/user-project.ts";

describe("the demo", () => {
  let project: UserProject;

  beforeAll(async () => {
    project = await userProject("shop");
  });
  afterAll(() => project.remove());

  it("goes the whole way and ends well", async () => {
    const { code, stderr, stdout } = await project.run(["demo", "--once", "--sessions", "3000", "--data", "data"]);
    expect(stdout).toMatch(/✓ published [\d,]+ events of a month/);
    expect(stdout).toMatch(/✓ ingested [\d,]+ events in .*, 0 dead letters/);
    expect(stdout).toMatch(/✓ verified: each of [\d,]+ messages is in the tables exactly once/);
    expect(stdout).toMatch(/✓ orders of \d+ days and revenue of \d+ countries are those the shop knows to be true/);
    expect(stdout).toMatch(/^orders .*31 buckets of day/m);
    expect(stdout).toMatch(/^revenue by country/m);
    expect(stdout).toMatch(/✓ training set: [\d,]+ orders with 10 features/);
    expect(stdout).toMatch(/^\$ npx hydrograph trend revenue --from \S+ --grain day --by country --where currency=EUR$/m);
    expect(stdout).toMatch(/^Only [A-Z]{2} and [A-Z]{2} pay in EUR; the other \d countries have currencies of their own\.$/m);
    expect(stdout).toMatch(/^To look around, play it again .*\n {2}npx hydrograph demo\n[^]*\n {2}npx hydrograph verify$/m);
    expect(stderr).not.toMatch(/hydrograph:/);
    expect(code).toBe(0);
  });

  it("leaves a training set and its manifest", async () => {
    const file = await readFile(join(project.folder, "data/train.parquet"));
    expect(file.subarray(0, 4).toString("latin1")).toBe("PAR1");
    const manifest = JSON.parse(await readFile(join(project.folder, "data/train.parquet.manifest.json"), "utf8")) as { rows: number };
    expect(manifest.rows).toBeGreaterThan(10);
  });

  it("goes on live until Ctrl-C, and then leaves nothing running", async () => {
    const demo = project.start(["demo", "--sessions", "300", "--data", "live"]);
    await demo.said(/The shop goes on live/);
    demo.child.kill("SIGINT");
    const { code } = await demo.finished;
    expect(code).toBe(0);
    const pid = Number(await readFile(join(project.folder, "live/nats/nats-server.pid"), "utf8").catch(() => "0"));
    expect(pid > 0 && existsSync(`/proc/${pid}`)).toBe(false);
  });
});
