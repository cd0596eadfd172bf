import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import type { HealthReport } from "../ingest/index.ts";
import type { TrendAnswer } from "../queries/index.ts";
import { freePort } from "./support/free-port.ts";
import { migratedShop, ROOT, userProject, type UserProject } from "./support/user-project.ts";

function event(id: number): string {
  return `${JSON.stringify({ specversion: "1.0", id: `p${id}`, source: "test", type: "page.viewed", subject: "u1", data: { page: "/", device: "phone", country: "DE" } })}\n`;
}

/** States of the buckets of the last three seconds. */
async function lately(project: UserProject, env: Record<string, string> = {}): Promise<string[]> {
  const { stdout } = await project.run(["trend", "page_views", "--last", "3s", "--grain", "second", "--format", "json"], env);
  return (JSON.parse(stdout) as TrendAnswer).rows.map(({ state }) => state);
}

describe("a command as a process", () => {
  const addresses = { natsUrl: inject("natsUrl"), clickhouseUrl: inject("clickhouseUrl") };
  let project: UserProject;

  beforeAll(async () => {
    project = await migratedShop(addresses);
  });
  afterAll(() => project.remove());

  it("makes nothing the second time it migrates, and only prints with --dry-run", async () => {
    expect((await project.run(["migrate"])).stdout).toBe(`Database "${project.name}" is up to date.\n`);
    const other = await userProject("git", addresses);
    const { code, stdout } = await other.run(["migrate", "--dry-run"]);
    expect([code, stdout]).toEqual([0, expect.stringMatching(/^-- \d+ statements for database[\s\S]*CREATE TABLE IF NOT EXISTS events/)]);
    expect((await other.run(["trend", "commits"])).stderr).toMatch(/has no database/);
    await other.remove();
  });

  it("makes streams and tables, tells each step, and does without NATS, but says so", async () => {
    const other = await userProject("git", addresses);
    const { stdout } = await other.run(["migrate"]);
    expect(stdout).toMatch(
      /^stream {4}GIT_[0-9A-F]{8} {2}created\ndatabase {2}git_[0-9a-f]{8} {2}does not exist\ntable {5}events {2}does not exist\n/,
    );
    expect(stdout).toMatch(/\nverdict {3}rollup_commits_\w+ {2}is complete if no git\.commit came before its view\n/);
    expect(stdout).toMatch(/\nDatabase "git_\w+" is up to date after \d+ steps\.\n$/);
    expect(await other.json(["lag"])).toMatchObject([{ stream: other.stream, lastSeq: 0, lagMessages: 0 }]);
    await other.remove();
    const alone = await userProject("git", { ...addresses, natsUrl: "" });
    const { code, stdout: said } = await alone.run(["migrate"]);
    expect([code, said]).toEqual([
      0,
      expect.stringMatching(/is up to date after \d+ steps\.\nNote: nothing says where NATS is, so no stream was made\.\n$/),
    ]);
    await alone.remove();
  });

  it("serves its health and its metrics while it ingests", async () => {
    const port = await freePort();
    const worker = project.start(["ingest"], { env: { HYDROGRAPH_METRICS_PORT: String(port) } });
    await worker.said(/"state":"running"/);
    const health = await fetch(`http://127.0.0.1:${port}/healthz`);
    expect([health.status, (await health.json()) as HealthReport]).toEqual([
      200,
      { ok: true, nats: "connected", lanes: [{ stream: project.stream, state: "running", stalled: false, ok: true }] },
    ]);
    const metrics = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
    expect(metrics).toContain(`hydrograph_lag_messages{stream="${project.stream}"} 0`);
    const probes = await Promise.all(["livez", "readyz"].map((path) => fetch(`http://127.0.0.1:${port}/${path}`)));
    expect(probes.map(({ status }) => status)).toEqual([200, 200]);
    expect(await probes[1]?.json()).toMatchObject({ ok: true, jetstream: "answers", clickhouse: "answers", lanes: [{ ok: true }] });
    expect((await fetch(`http://127.0.0.1:${port}/`)).status).toBe(404);
    worker.child.kill("SIGTERM");
    expect((await worker.finished).code).toBe(0);
  });

  it("verifies without NATS too, and says what is then left out; a NATS named by flag must be there", async () => {
    const away = "nats://127.0.0.1:9";
    expect(await project.json(["verify"])).toMatchObject({ ok: true, compared: true });
    const alone = await project.run(["verify", "--format", "json"], { HYDROGRAPH_NATS_URL: away });
    expect([alone.code, JSON.parse(alone.stdout)]).toMatchObject([0, { ok: true, compared: false }]);
    expect(alone.stderr).toMatch(/^The ledger is not compared with the checkpoints in NATS[^\n]*nothing listens there[^\n]*\n$/);
    expect(await project.run(["verify", "--nats", away])).toMatchObject({ code: 1, stdout: "" });
  });

  it("stops publishing on Ctrl-C and says how far it came", async () => {
    const publishing = spawn(process.execPath, [`${ROOT}dist/cli/main.js`, "publish", "-", "--format", "json"], {
      cwd: project.folder,
      env: { ...process.env, HYDROGRAPH_NATS_URL: addresses.natsUrl },
    });
    let answer = "";
    publishing.stdout.setEncoding("utf8").on("data", (chunk: string) => (answer += chunk));
    for (let id = 0; id < 100; id += 1) publishing.stdin.write(event(id));
    // Standard input stays open: only the signal can end it.
    await expect.poll(async () => (await project.json<{ lastSeq: number | null }[]>(["lag"]))[0]?.lastSeq, { timeout: 60_000 }).toBe(100);
    publishing.kill("SIGINT");
    const [code] = (await once(publishing, "close")) as [number];
    expect([code, JSON.parse(answer)]).toMatchObject([130, { published: 100, failed: 0 }]);
  });

  it("ends quietly when its reader has seen enough", async () => {
    const query = `node "${ROOT}dist/cli/main.js" query "SELECT number FROM numbers(9000)" --format csv`;
    const child = spawn("bash", ["-c", `${query} | head -n 1`], {
      cwd: project.folder,
      env: { ...process.env, HYDROGRAPH_CLICKHOUSE_URL: addresses.clickhouseUrl },
    });
    let said = "";
    for (const stream of [child.stdout, child.stderr]) stream.setEncoding("utf8").on("data", (chunk: string) => (said += chunk));
    expect(await once(child, "close")).toEqual([0, null]);
    expect(said).toBe('"number"\n');
  });

  it("answers a question in every format", async () => {
    await writeFile(join(project.folder, "one.ndjson"), event(1_000));
    await project.json(["publish", "one.ndjson"]);
    await project.json(["ingest", "--until-caught-up"]);
    const sql = "SELECT DISTINCT id FROM events WHERE id = {id:String}";
    const ask = async (format: string): Promise<string> =>
      (await project.run(["query", sql, "--param", "id=p1000", "--format", format])).stdout;
    expect(await ask("text")).toBe("id\n─────\np1000\n1 row.\n");
    expect(await ask("json")).toBe('{"id":"p1000"}\n');
    expect(await ask("csv")).toBe('"id"\n"p1000"\n');
    expect((await ask("arrow")).slice(0, 6)).toBe("ARROW1");
    expect((await ask("parquet")).slice(0, 4)).toBe("PAR1");
  });

  it("answers a trend in every format, and calls its buckets final while nothing waits in NATS", async () => {
    const ask = async (format: string, env: Record<string, string> = {}): Promise<string> =>
      (await project.run(["trend", "page_views", "--last", "30d", "--to", "2026-10-01", "--grain", "day", "--format", format], env)).stdout;
    const { rows } = JSON.parse(await ask("json")) as TrendAnswer;
    expect([rows.length, rows[0]?.state]).toEqual([30, "final"]);
    expect((await ask("csv")).split("\n")).toHaveLength(32);
    expect((await ask("arrow")).slice(0, 6)).toBe("ARROW1");
    expect((await ask("parquet")).slice(0, 4)).toBe("PAR1");
    // Somewhere nothing listens: the ledger alone tells, and its last message was stored before now.
    const away = JSON.parse(await ask("json", { HYDROGRAPH_NATS_URL: "nats://127.0.0.1:1" })) as TrendAnswer;
    expect(away.rows).toEqual(rows);
    await expect
      .poll(() => lately(project, { HYDROGRAPH_NATS_URL: "nats://127.0.0.1:1" }), { timeout: 60_000 })
      .not.toContain("provisional");
    expect(await lately(project)).toContain("provisional");
  });

  it("ingests on when whoever read its log has gone, and ends well", async () => {
    const worker = project.start(["ingest"]);
    await worker.said(/"state":"running"/);
    worker.child.stderr?.destroy();
    await writeFile(join(project.folder, "unheard.ndjson"), event(2_000));
    await project.json(["publish", "unheard.ndjson"]);
    const lag = async (): Promise<unknown> => (await project.json<{ lagMessages: number }[]>(["lag"]))[0]?.lagMessages;
    await expect.poll(lag, { timeout: 60_000 }).toBe(0);
    worker.child.kill("SIGTERM");
    expect((await worker.finished).code).toBe(0);
  });

  it("tells what is out of date among the dashboards", async () => {
    const check = ["dashboards", "build", "--check"];
    expect((await project.run(check)).code).toBe(3);
    expect((await project.run(["dashboards", "build"])).code).toBe(0);
    expect((await project.run(check)).code).toBe(0);
  });

  it("removes dashboards that the project no longer has, and leaves all others alone", async () => {
    const folder = join(project.folder, "dashboards/generated", project.name);
    const overview = await readFile(join(folder, "overview.json"), "utf8");
    const uid = `"hydrograph-${project.name.replaceAll("_", "-")}-overview"`;
    expect(overview).toContain(uid);
    const renamed = overview.replace(uid, uid.replace("overview", "formerly"));
    const others = {
      "mine.json": overview.replace(uid, '"mine"'),
      "copy.json": overview,
      "broken.json": "{",
    };
    for (const [name, text] of Object.entries({ ...others, "formerly.json": renamed })) await writeFile(join(folder, name), text);
    const { code, stdout } = await project.run(["dashboards", "build", "--check"]);
    expect([code, stdout]).toEqual([3, expect.stringMatching(/^No longer the project's .*\n {2}\S*formerly\.json\n$/)]);
    const paths = [expect.stringContaining("formerly.json")];
    expect(await project.json(["dashboards", "build"])).toEqual({ written: true, changed: [], removed: paths });
    const left = await readdir(folder);
    expect(left).not.toContain("formerly.json");
    expect(left).toEqual(expect.arrayContaining([...Object.keys(others), "overview.json"]));
    expect((await project.run(["dashboards", "build", "--check"])).code).toBe(0);
  });
});
