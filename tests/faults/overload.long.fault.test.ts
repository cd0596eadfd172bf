import { describe, expect, it } from "vitest";
import { eventually, peakMemory } from "./fault-project.ts";
import { paid, single } from "./messages.ts";
import { MOST_MEMORY, setScene } from "./scene.ts";

describe("a server that cannot keep up", () => {
  it(
    "holds up reading, not memory: 300 MB wait in the log while ClickHouse takes 2 MB/s, then all of it goes in",
    { timeout: 400_000 },
    async () => {
      const { clickhouse, committed, expectKept, project, worker } = await setScene({ limits: 'lease: "2s"' });
      clickhouse.set({ kind: "bandwidth", bytesPerSecond: 2_000_000 });
      const running = worker();
      await running.said(/is running/);
      const note = "x".repeat(100_000);
      const contents = function* (): Generator<ReturnType<typeof single>> {
        for (let n = 0; n < 3_000; n += 1) yield single(paid(n, note));
      };
      await project.publisher.publish(project.stream, contents());
      expect(await peakMemory(running)).toBeLessThan(MOST_MEMORY);
      clickhouse.set(undefined);
      await committed();
      await expectKept(running);
    },
  );

  it(
    "does not keep a worker from ending when it is told to, in half a minute at most; the next one settles what was under way",
    { timeout: 300_000 },
    async () => {
      const { clickhouse, committed, expectKept, publish, worker } = await setScene();
      const stuck = worker();
      await stuck.said(/is running/);
      await publish(50);
      await committed();
      clickhouse.set({ kind: "answer", status: 503 });
      await publish(100);
      await stuck.said(/is retrying/);
      clickhouse.set({ kind: "blackhole" });
      stuck.child.kill("SIGTERM");
      const { code, stderr } = await stuck.finished;
      expect([code, stderr]).toEqual([0, expect.stringMatching(/declared and not committed|stopped before all was drained/)]);
      clickhouse.set(undefined);
      const next = worker();
      await committed();
      await expectKept(next);
    },
  );

  it("is seen as lag while it is away, and as none when all is in", async () => {
    const { clickhouse, committed, expectKept, project, publish, worker } = await setScene();
    const running = worker();
    await running.said(/is running/);
    clickhouse.set({ kind: "answer", status: 503 });
    await publish(50);
    await running.said(/is retrying/);
    const lag = (): Promise<{ lagMessages: number | null }[]> => project.user.json(["lag"]);
    await eventually("lag is seen", async () => ((await lag())[0]?.lagMessages ?? 0) >= 50);
    clickhouse.set(undefined);
    await committed();
    await eventually("there is no lag any more", async () => (await lag())[0]?.lagMessages === 0);
    await expectKept(running);
  });
});
