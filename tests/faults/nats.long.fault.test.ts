import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { randomFrom } from "../support/random.ts";
import { eventually, type FaultProject } from "./fault-project.ts";
import { lastCommitted, setScene } from "./scene.ts";

const seed = Number(process.env["SEED"] ?? Date.now() % 1_000_000);

/** The sequences that the tables hold anything of. */
async function sequences({ clickhouse }: FaultProject): Promise<number[]> {
  const sql = "SELECT seq FROM events UNION DISTINCT SELECT seq FROM dead_letters";
  return (await clickhouse.rows<{ seq: string }>({ name: "Sequences", sql })).map(({ seq }) => Number(seq));
}

describe("between a worker and NATS", () => {
  it(`a storm of cut connections costs nothing (SEED=${seed})`, async () => {
    const random = randomFrom(seed);
    const { committed, expectKept, nats, publish, worker } = await setScene();
    const running = worker();
    await running.said(/is running/);
    for (let cut = 0; cut < 25; cut += 1) {
      await publish(30);
      await sleep(random() * 250);
      nats.cut();
    }
    await committed();
    await expectKept(running);
  });

  it("a checkpoint may be cut anywhere, or its answer lost after it was stored", async () => {
    const { committed, expectKept, nats, publish, worker } = await setScene();
    const running = worker();
    await running.said(/is running/);
    for (const at of [0, 20, 60, "reply", "reply", "reply"] as const) {
      const struck = nats.strike({ match: /PUB \$KV\./, at });
      await publish(60);
      await struck;
    }
    await committed();
    await expectKept(running);
  });

  it("a worker cut off for longer than the lease loses its lane, drops what it has in hand, and works on after", async () => {
    const { committed, expectKept, nats, project, publish, worker } = await setScene();
    const cutOff = worker();
    await cutOff.said(/is running/);
    await publish(100);
    nats.set({ kind: "blackhole" });
    const other = project.worker();
    await publish(200);
    await committed();
    nats.set(undefined);
    await publish(50);
    await committed();
    other.child.kill("SIGTERM");
    expect((await other.finished).code).toBe(0);
    await expectKept(cutOff);
  });

  it("a slow line is only slow", async () => {
    const { committed, expectKept, nats, publish, worker } = await setScene();
    nats.set({ kind: "delay", ms: 20 });
    const running = worker();
    await publish(300);
    await committed();
    await expectKept(running);
  });
});

describe("under a worker", () => {
  it("its consumer may be deleted, time and again", async () => {
    const { committed, expectKept, project, publish, worker } = await setScene();
    const { manager } = project.publisher;
    const running = worker();
    await running.said(/is running/);
    for (let round = 0; round < 3; round += 1) {
      await publish(50);
      for await (const { name } of manager.consumers.list(project.stream)) await manager.consumers.delete(project.stream, name);
      await publish(50);
      await committed();
    }
    await expectKept(running);
  });

  it("the stream may be purged: what was not read is counted as gone, and nothing else is", async () => {
    const { clickhouse, committed, expectKept, project, publish, worker } = await setScene({ limits: 'batchRows: 500, lease: "1s"' });
    const { manager, sent } = project.publisher;
    const running = worker();
    await running.said(/is running/);
    await publish(100);
    await committed();
    // More than two pulls of 2,000: some of it is in the worker's hands, and the rest is in the stream alone.
    clickhouse.set({ kind: "blackhole" });
    await publish(6_000);
    await manager.streams.purge(project.stream, { seq: 6_051 });
    clickhouse.set(undefined);
    await publish(50);
    await committed();
    await project.freshArrives();
    const found = await sequences(project);
    for (const [index, message] of sent.entries()) {
      const isPurged = message.seq > 100 && message.seq < 6_051;
      if (isPurged && !found.includes(message.seq)) sent[index] = { ...message, deleted: true };
    }
    expect(sent.filter(({ deleted }) => deleted === true).length).toBeGreaterThan(100);
    await expectKept(running);
  });

  it("the stream may be deleted and made again while a batch of it is under way", async () => {
    const { clickhouse, committed, expectKept, project, publish, worker } = await setScene();
    const { publisher, stream } = project;
    const running = worker();
    await running.said(/is running/);
    await publish(100);
    await committed();
    clickhouse.set({ kind: "blackhole" });
    await publish(100);
    await publisher.manager.streams.delete(stream);
    clickhouse.set(undefined);
    await running.said(/is stream-missing/);
    const [epoch] = publisher.sent.map((message) => message.epoch);
    const end = await lastCommitted(project);
    expect(end).toBeGreaterThanOrEqual(100);
    // What was not read before the stream went is gone with it.
    publisher.forget((message) => message.epoch === epoch && message.seq > end);
    await project.user.json(["migrate"]);
    await publish(150);
    await committed();
    await expectKept(running);
  });

  it("the stream may be deleted and made again after the worker died in the midst of a batch", async () => {
    const { clickhouse, committed, expectKept, project, publish, worker } = await setScene();
    const { publisher, stream } = project;
    const dying = worker();
    await dying.said(/is running/);
    await publish(100);
    await committed();
    const struck = clickhouse.strike({ match: /INSERT\+INTO\+ingest_ledger/, at: 0, act: () => dying.child.kill("SIGKILL") });
    await publish(50);
    await struck;
    await dying.finished;
    const [epoch] = publisher.sent.map((message) => message.epoch);
    await publisher.manager.streams.delete(stream);
    await project.user.json(["migrate"]);
    const found = (await sequences(project)).filter((seq) => seq > 100);
    expect(found.length).toBeGreaterThan(0);
    publisher.forget((message) => message.epoch === epoch && message.seq > 100 && !found.includes(message.seq));
    // How many bytes they had, the tables cannot tell.
    publisher.sent = publisher.sent.map((message) => (message.seq > 100 ? { ...message, bytes: 0 } : message));
    const running = worker();
    await publish(80);
    await committed();
    await eventually("the batch of the old stream is in the ledger", async () => {
      const [row] = await project.clickhouse.rows<{ last: string }>({
        name: "End of the old stream",
        sql: "SELECT max(l.last) AS last FROM ingest_ledger AS l WHERE l.epoch = {epoch:UInt64}",
        params: { epoch: String(epoch) },
      });
      return Number(row?.last) > 100;
    });
    await expectKept(running);
  });
});
