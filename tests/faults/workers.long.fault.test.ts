import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { lastCommitted, setScene } from "./scene.ts";
import { eventually } from "./fault-project.ts";

const LEASE_MS = 1_000;

describe("two workers and one lane", () => {
  it.each([
    ["before its insert is sent", /INSERT\+INTO\+events/, 0],
    ["after its insert is committed and before it hears of it", /INSERT\+INTO\+events/, "reply"],
    ["between events and ledger", /INSERT\+INTO\+ingest_ledger/, 0],
    ["after the ledger's row is committed", /INSERT\+INTO\+ingest_ledger/, "reply"],
  ] as const)("one sleeps for longer than the lease, %s, the other takes over, and the first wakes", async (_when, match, at) => {
    const { clickhouse, committed, expectKept, project, publish, worker } = await setScene();
    const sleeper = worker();
    await sleeper.said(/is running/);
    await publish(50);
    await committed();
    const asleep = clickhouse.strike({ match, at, act: () => sleeper.child.kill("SIGSTOP") });
    await publish(70);
    await asleep;
    const other = project.worker();
    await other.said(/is running/);
    await publish(50);
    await committed();
    sleeper.child.kill("SIGCONT");
    await sleeper.said(/was claimed by another worker/);
    await publish(50);
    await committed();
    // The lane is the other's until it goes; then the first takes it again.
    other.child.kill("SIGTERM");
    expect((await other.finished).code).toBe(0);
    await expectKept(sleeper);
  });

  it("they fight for it: it changes hands whenever one sleeps, and nothing goes in twice", async () => {
    const { committed, expectKept, project, publish, worker } = await setScene();
    const fighters = [worker(), project.worker()] as const;
    await Promise.race(fighters.map((fighter) => fighter.said(/is running/)));
    for (let round = 0; round < 6; round += 1) {
      const fighter = fighters[round % 2 === 0 ? 0 : 1];
      await publish(40);
      fighter.child.kill("SIGSTOP");
      await publish(40);
      await sleep(LEASE_MS * 1.5);
      fighter.child.kill("SIGCONT");
    }
    await committed();
    fighters[1].child.kill("SIGTERM");
    expect((await fighters[1].finished).code).toBe(0);
    await expectKept(fighters[0]);
  });

  it("one is killed, the other goes on with all of its lanes", async () => {
    const { committed, expectKept, project, publish, worker } = await setScene({ streams: 3 });
    const first = worker();
    for (const stream of project.streams) await first.said(new RegExp(`lane ${stream} is running`));
    const second = worker();
    for (const stream of project.streams) await second.said(new RegExp(`lane ${stream} is held by`));
    await publish(100);
    await eventually("something is in", async () => (await lastCommitted(project)) > 0);
    first.child.kill("SIGKILL");
    await publish(100);
    await committed();
    await expectKept(second);
  });
});

describe("one worker", () => {
  it("does not take its clock's word for anything in events: a month behind, it writes the same rows", async () => {
    const { committed, expectKept, project, publish } = await setScene();
    const shift = encodeURIComponent("const now = Date.now; Date.now = () => now() - 30 * 86_400_000;");
    const behind = project.user.start(["ingest"], { env: { NODE_OPTIONS: `--import "data:text/javascript,${shift}"` } });
    await publish(100);
    await committed();
    const [row] = await project.clickhouse.rows({
      name: "Clocks",
      sql: `SELECT countIf(abs(stored_at - now64(6)) > 3600) AS far, countIf(known_at != stored_at) AS other, (SELECT min(inserted_at) < now() - 86400 FROM ingest_ledger) AS shifted
            FROM events`,
    });
    expect(row).toEqual({ far: "0", other: "0", shifted: 1 });
    await expectKept(behind);
  });
});
