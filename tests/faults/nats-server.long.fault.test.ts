import { cp, mkdtemp, readFile, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, inject, it } from "vitest";
import { startNats, type RunningServer } from "../../embedded/index.ts";
import { setScene } from "./scene.ts";

describe("a NATS server of one's own", () => {
  let folder: string;
  let dataDir: string;
  let server: RunningServer;
  const addresses = (): { natsUrl: string; clickhouseUrl: string } => ({ natsUrl: server.url, clickhouseUrl: inject("clickhouseUrl") });
  /** Starts it (again) where it was. */
  const start = async (): Promise<void> => {
    server = await startNats({ dataDir, port: server.port });
  };

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "hydrograph-nats-"));
    dataDir = join(folder, "nats");
    server = await startNats({ dataDir });
    // Its configuration names the port from now on, so that it can be read again.
    await server.stop();
    await start();
  });
  // Runs after what the test itself has set up was taken away.
  afterEach(async () => {
    await server.stop();
    await rm(folder, { recursive: true, force: true });
  });

  it("may refuse its clients for a while: they come back by themselves when it lets them in again", async () => {
    const { committed, expectKept, publish, worker } = await setScene({}, addresses());
    const running = worker();
    await running.said(/is running/);
    await publish(50);
    await committed();
    const file = join(dataDir, "nats-server.conf");
    const open = await readFile(file, "utf8");
    await writeFile(file, `${open}\nauthorization { user: "somebody", password: "else" }\n`);
    process.kill(server.pid, "SIGHUP");
    await running.said(/cannot read stream|did not answer|lane \S+ starts again/);
    await writeFile(file, open);
    process.kill(server.pid, "SIGHUP");
    await publish(50);
    await committed();
    await expectKept(running);
  });

  it("may be killed again and again in the midst of publishing and reading", async () => {
    const { committed, expectKept, publish, worker } = await setScene({}, addresses());
    const running = worker();
    await running.said(/is running/);
    for (let round = 0; round < 4; round += 1) {
      const publishing = publish(200);
      server.kill();
      await server.exited;
      await start();
      await publishing;
    }
    await committed();
    await expectKept(running);
  });

  it("may come back with an older copy of a stream: what it stores now is not taken for known, and somebody is told", async () => {
    const { committed, expectKept, project, publish, worker } = await setScene({}, addresses());
    const { publisher, stream } = project;
    const running = worker();
    await publish(50);
    await committed();
    await server.stop();
    await cp(dataDir, join(folder, "older"), { recursive: true });
    await start();
    await publish(50);
    await committed();
    await server.stop();
    await rm(dataDir, { recursive: true });
    await rename(join(folder, "older"), dataDir);
    await start();
    await running.said(/restored from an older copy.*delete the stream and create it anew/);
    await publisher.manager.streams.delete(stream);
    await project.user.json(["migrate"]);
    publisher.forget(() => false);
    await publish(50);
    await committed();
    await expectKept(running);
  });
});
