import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { eventually } from "./fault-project.ts";
import type { FaultProxy } from "./fault-proxy.ts";
import { setScene } from "./scene.ts";

const INSERTS = [/INSERT\+INTO\+events/, /INSERT\+INTO\+dead_letters/, /INSERT\+INTO\+ingest_ledger/];

/** Whether a proxy has turned away so many more than until now. */
function turnedAway(proxy: FaultProxy, times: number): () => boolean {
  const enough = proxy.turnedAway + times;
  return () => proxy.turnedAway >= enough;
}

describe("between a worker and ClickHouse", () => {
  it("an insert may be cut anywhere, or its answer lost after it was committed", async () => {
    const { clickhouse, committed, expectKept, publish, worker } = await setScene();
    const running = worker();
    await running.said(/is running/);
    for (const match of INSERTS) {
      // Before the request, in its head (900 bytes), in its body, and after the commit.
      for (const at of [0, 300, 1_100, "reply"] as const) {
        const struck = clickhouse.strike({ match, at });
        await publish(60);
        await struck;
      }
    }
    await committed();
    await expectKept(running);
  });

  it("every kind of question may be cut, or its answer lost: the lane starts again, and the claim is not lost for long", async () => {
    const { clickhouse, committed, expectKept, publish, worker } = await setScene();
    await publish(30);
    for (const nth of [1, 2, 3, 4]) {
      const struck = clickhouse.strike({ match: /log_comment=hydrograph/, nth, at: nth % 2 === 0 ? 0 : "reply" });
      const running = worker();
      await Promise.race([struck, running.finished]);
      running.child.kill("SIGKILL");
      await running.finished;
    }
    const running = worker();
    await publish(30);
    await committed();
    await expectKept(running);
  });

  it("storms of 5xx and 429 make nobody's dead letters: the same batch is sent until it is in", async () => {
    const { clickhouse, committed, expectKept, publish, worker } = await setScene();
    const running = worker();
    await running.said(/is running/);
    for (const status of [500, 502, 503, 429]) {
      clickhouse.set({ kind: "answer", status });
      await publish(100);
      await eventually("a batch was tried three times", turnedAway(clickhouse, 3));
      clickhouse.set(undefined);
      await committed();
    }
    await expectKept(running);
  });

  it("connections that were idle may be gone, and new ones be refused", async () => {
    const { clickhouse, committed, expectKept, publish, worker } = await setScene();
    const running = worker();
    await running.said(/is running/);
    for (let round = 0; round < 5; round += 1) {
      await publish(20);
      await committed();
      clickhouse.cut();
    }
    clickhouse.set({ kind: "refuse" });
    clickhouse.cut();
    await publish(200);
    await eventually("a batch was tried three times", turnedAway(clickhouse, 3));
    clickhouse.set(undefined);
    await committed();
    await expectKept(running);
  });

  it("a partition longer than the lease costs neither the lane nor an event", async () => {
    const { clickhouse, committed, expectKept, publish, worker } = await setScene();
    const running = worker();
    await running.said(/is running/);
    await publish(100);
    clickhouse.set({ kind: "blackhole" });
    await publish(300);
    await sleep(3_000);
    clickhouse.set(undefined);
    await committed();
    await expectKept(running);
    expect((await running.finished).stderr).not.toMatch(/was claimed by another worker/);
  });
});
