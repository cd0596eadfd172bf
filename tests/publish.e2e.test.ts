import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { startNats } from "../embedded/index.ts";
import { connectJetStream } from "../jetstream/index.ts";
import { administer } from "../jetstream/administer.test-support.ts";
import { migratedShop, ROOT, userProject, type UserProject } from "./support/user-project.ts";

function event(id: string, extra: object = {}): string {
  return JSON.stringify({ specversion: "1.0", id, source: "test", type: "note", time: "2026-11-01T12:00:00Z", ...extra });
}

describe("hydrograph publish", () => {
  const addresses = { natsUrl: inject("natsUrl"), clickhouseUrl: inject("clickhouseUrl") };
  let project: UserProject;

  beforeAll(async () => {
    project = await migratedShop(addresses);
  });
  afterAll(() => project.remove());

  async function publish(name: string, lines: readonly string[], ...flags: string[]): ReturnType<UserProject["run"]> {
    await writeFile(join(project.folder, name), lines.join("\n"));
    return project.run(["publish", name, "--format", "json", ...flags]);
  }

  it("sends attributes as headers with --mode binary, and no digit is lost", async () => {
    const lines = [
      event("b1", { subject: "ü 1" }),
      event("b2").replace("}", ',"data":{"n":12345678901234567}}'),
      event("b3", { data: [1] }),
    ];
    const { code, stdout } = await publish("binary.ndjson", lines, "--mode", "binary");
    expect([code, JSON.parse(stdout)]).toMatchObject([0, { published: 3, failed: 0, unknown: 0, broken: 0 }]);
    const stored = await administer(addresses.natsUrl, async (manager) => manager.streams.getMessage(project.stream, { seq: 2 }));
    expect([stored.header.get("ce-id"), Buffer.from(stored.data).toString()]).toEqual(["b2", '{"n":12345678901234567}']);
    expect((await project.run(["ingest", "--until-caught-up"])).code).toBe(0);
    const sql = "SELECT id, subject, toString(data) AS data FROM events WHERE startsWith(id, 'b') ORDER BY id";
    const { stdout: rows } = await project.run(["query", sql, "--format", "csv"]);
    expect(rows.split("\n").slice(1, 4)).toEqual([
      '"b1","ü 1","{}"',
      '"b2","","{""n"":""12345678901234567""}"',
      '"b3","","{""value"":[""1""]}"',
    ]);
  });

  it("names the lines whose attributes no stream or table can hold, and publishes the others", async () => {
    const lines = [event("ok1"), event("\ud800"), event("x", { type: "x".repeat(5_000) }), event("ok2", { type: "y".repeat(4_000) })];
    const { code, stderr, stdout } = await publish("texts.ndjson", lines);
    expect(stderr.trim().split("\n")).toEqual([
      'hydrograph: texts.ndjson: line 2: "id" contains half a surrogate pair; left out.',
      'hydrograph: texts.ndjson: line 3: "type" is longer than 4096 characters; left out.',
      "hydrograph: 1 event has the type note, which the config does not declare: it is stored, but no metric counts it.",
      `hydrograph: 1 event has the type ${"y".repeat(100)}…, which the config does not declare: it is stored, but no metric counts it.`,
    ]);
    expect([code, JSON.parse(stdout)]).toMatchObject([2, { published: 2, broken: 2 }]);
  });

  it("ends soon when the stream is full, and says how far it came", async () => {
    const full = await userProject("shop", addresses);
    await makeSmallStream(addresses.natsUrl, full);
    await writeFile(join(full.folder, "many.ndjson"), Array.from({ length: 20_000 }, (_, n) => event(`f${n}`)).join("\n"));
    const { code, stderr } = await full.run(["publish", "many.ndjson"]);
    // The last answers may come too late on a machine that is busy with others: what is not known to be stored is said to be unknown.
    expect(stderr).toMatch(
      new RegExp(
        `^hydrograph: Stream "${full.stream}" takes no more messages, the stream or its disk is full \\(maximum messages exceeded\\): make room, then publish the rest again\\. Before that: [0-5] events? published, 0 duplicates known to JetStream, [\\d,]+ refused(, [^.]*)?\\.$`,
        "m",
      ),
    );
    expect(code).toBe(1);
    await administer(addresses.natsUrl, async (manager) => manager.streams.delete(full.stream));
    await full.remove();
  });

  it("ends on Ctrl-C also while NATS does not answer, and tells what is unknown", async () => {
    const dataDir = await mkdtemp(join(tmpdir(), "hydrograph-publish-"));
    const server = await startNats({ dataDir });
    const jetstream = await connectJetStream({ url: server.url });
    try {
      const publishing = spawn(process.execPath, [`${ROOT}dist/cli/main.js`, "publish", "-", "--format", "json"], {
        cwd: project.folder,
        env: { ...process.env, HYDROGRAPH_NATS_URL: server.url },
      });
      let answer = "";
      publishing.stdout.setEncoding("utf8").on("data", (chunk: string) => (answer += chunk));
      const closed = once(publishing, "close");
      for (let n = 0; n < 10; n += 1) publishing.stdin.write(`${event(`c${n}`)}\n`);
      await expect.poll(async () => (await jetstream.streamState(project.stream))?.messages, { timeout: 60_000 }).toBe(10);
      await stopProcess(server.pid);
      for (let n = 10; n < 15; n += 1) publishing.stdin.write(`${event(`c${n}`)}\n`);
      await new Promise((resolve) => setTimeout(resolve, 1_000));
      publishing.kill("SIGINT");
      const [code] = (await closed) as [number];
      expect([code, JSON.parse(answer)]).toMatchObject([130, { published: 10, failed: 0, unknown: 5 }]);
    } finally {
      process.kill(server.pid, "SIGCONT");
      await jetstream.close();
      await server.stop();
      await rm(dataDir, { recursive: true, force: true });
    }
  });
});

/**
 * Stops a process, and waits until all of its threads stand still, where /proc tells: the signal is only sent when it is sent. On a busy machine the thread that was to take
 * it waited for a processor longer than a message took to come from another process, and was answered.
 */
async function stopProcess(pid: number): Promise<void> {
  process.kill(pid, "SIGSTOP");
  const threads = await readdir(`/proc/${pid}/task`).catch(() => []);
  const stateOf = async (thread: string): Promise<string | undefined> =>
    /\) (\w)/.exec(await readFile(`/proc/${pid}/task/${thread}/stat`, "utf8"))?.[1];
  await expect
    .poll(async () => new Set(await Promise.all(threads.map(stateOf))), { timeout: 10_000 })
    .toEqual(new Set(threads.length === 0 ? [] : ["T"]));
}

/** Makes a project's stream, with room for five messages. */
async function makeSmallStream(natsUrl: string, { name, stream }: UserProject): Promise<void> {
  await administer(natsUrl, async (manager) => {
    await manager.streams.add({ name: stream, subjects: [`${name}.>`], discard: "new" as never, max_msgs: 5 });
  });
}
