import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { shopEvents } from "../examples/shop/index.ts";
import type { Running } from "./support/cli.ts";
import { userProject, type UserProject } from "./support/user-project.ts";

const lines = [...shopEvents({ until: new Date("2026-11-23T00:00:00Z"), days: 2, sessions: 600 })].map((event) => JSON.stringify(event));
const distinct = new Set(lines.map((line) => (JSON.parse(line) as { id: string }).id)).size;

interface Endpoints {
  readonly natsPid: number;
  readonly clickhousePid: number;
}

describe("everything on one machine, stopped and started at any point", () => {
  let project: UserProject;
  let up: Running;

  async function start(): Promise<void> {
    up = project.start(["up"]);
    await up.said(/"state":"running"/);
  }

  async function endpoints(): Promise<Endpoints> {
    return JSON.parse(await readFile(join(project.folder, ".hydrograph/endpoints.json"), "utf8")) as Endpoints;
  }

  beforeAll(async () => {
    project = await userProject("shop");
    const file = join(project.folder, "hydrograph.config.ts");
    // Whoever comes after one that was killed waits for its lease.
    await writeFile(file, (await readFile(file, "utf8")).replace("defineProject({", 'defineProject({\n  limits: { lease: "1s" },'));
    await writeFile(join(project.folder, "half.ndjson"), `${lines.slice(0, lines.length / 2).join("\n")}\n`);
    await writeFile(join(project.folder, "whole.ndjson"), `${lines.join("\n")}\n`);
  });
  afterAll(async () => {
    up.child.kill("SIGTERM");
    await up.finished;
    await project.remove();
  });

  it("starts, tells other commands where it is, and runs once a folder", async () => {
    await start();
    await project.json(["publish", "half.ndjson"]);
    const { code, stderr } = await project.run(["up"]);
    expect([code, stderr]).toEqual([1, expect.stringMatching(/"hydrograph up" already runs here as process \d+/)]);
  });

  it("stops cleanly on Ctrl-C, and says where to begin when it does not run", async () => {
    up.child.kill("SIGINT");
    expect((await up.finished).code).toBe(0);
    const { code, stderr } = await project.run(["lag"]);
    expect([code, stderr]).toEqual([2, expect.stringMatching(/Start one with "hydrograph up"/)]);
  });

  it("ends with a sentence when ClickHouse dies, and goes on when started again", async () => {
    await start();
    const publishing = project.run(["publish", "whole.ndjson"]);
    process.kill((await endpoints()).clickhousePid, "SIGKILL");
    const { code, stderr } = await up.finished;
    expect([code, stderr]).toEqual([1, expect.stringMatching(/ClickHouse ended by itself/)]);
    await publishing;
    await start();
  });

  it("does the same when NATS dies", async () => {
    process.kill((await endpoints()).natsPid, "SIGKILL");
    const { code, stderr } = await up.finished;
    expect([code, stderr]).toEqual([1, expect.stringMatching(/NATS ended by itself/)]);
    await start();
  });

  it("recovers when itself is killed: its servers end too", async () => {
    up.child.kill("SIGKILL");
    await up.finished;
    await start();
  });

  it("has every event once in the end", async () => {
    expect(await project.json(["publish", "whole.ndjson"])).toMatchObject({ failed: 0 });
    await expect.poll(async () => (await project.json<{ lagMessages: number }[]>(["lag"]))[0]?.lagMessages, { timeout: 60_000 }).toBe(0);
    expect(await project.json(["verify"])).toMatchObject({ ok: true, received: distinct, inserted: distinct });
    expect(await project.json(["query", "SELECT count() AS n, uniqExact(id) AS ids FROM events"])).toEqual({
      n: String(distinct),
      ids: String(distinct),
    });
  });
});
