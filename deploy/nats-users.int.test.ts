import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { findOrFetchNatsServer } from "../embedded/nats/find-nats-server.ts";
import { freePort } from "../tests/support/free-port.ts";
import { connectJetStream, type JetStream } from "../jetstream/index.ts";

const project = { name: "shop", streams: [{ name: "SHOP", subjects: ["shop.>"] }] };
/** Beside the user of nats.conf: one who only publishes, and one who may do everything. */
const OTHERS = `
    { user: "producer", password: "p", permissions: { publish: ["shop.>", "$JS.API.INFO", "$JS.API.STREAM.INFO.>"], subscribe: "_INBOX.>" } }
    { user: "root", password: "r" }`;

let folder: string;
let server: ChildProcess;
let url: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "hydrograph-users-"));
  const port = await freePort();
  const conf = (await readFile(fileURLToPath(new URL("nats/nats.conf", import.meta.url)), "utf8"))
    .replace("port: 4222", `listen: "127.0.0.1:${port}"`)
    .replace(/^http: .*$/m, "")
    .replace('"/data"', JSON.stringify(folder))
    .replace(/\n {2}\]/, `${OTHERS}\n  ]`);
  await writeFile(join(folder, "nats.conf"), conf);
  const { command } = await findOrFetchNatsServer();
  server = spawn(command, ["--config", join(folder, "nats.conf")], { stdio: "ignore", env: { ...process.env, NATS_PASSWORD: "secret" } });
  url = `nats://127.0.0.1:${port}`;
  for (let up = false; !up;) {
    up = await connectAs("root", "r").then(
      (link) => link.close().then(() => true),
      () => sleep(50, false),
    );
  }
});

afterAll(async () => {
  server.kill("SIGKILL");
  await once(server, "exit");
  await rm(folder, { recursive: true, force: true });
});

function connectAs(user: string, password: string): Promise<JetStream> {
  return connectJetStream({ url, user, password });
}

describe("the user of nats.conf", () => {
  test("may do what a worker does and delete nothing, and inspection tells", async () => {
    const worker = await connectAs("hydrograph", "secret");
    await worker.ensureStreams(project.streams);
    const lanes = await worker.lanes("shop");
    const revision = await lanes.replace("SHOP", { epoch: 0, generation: 1, committed: 0, beat: 1 }, undefined);
    const facts = await worker.inspect(project);
    expect(facts.server.mayDelete).toBe(false);
    expect(facts.streams[0]?.reading).toMatchObject({ ok: true });
    expect(facts.bucket).toMatchObject({ name: "hydrograph_shop", mayWrite: true });
    expect((await lanes.read("SHOP"))?.revision).toBe(revision);
    await worker.close();
  });

  test("is told from one who may delete, and from one who may neither read nor claim", async () => {
    const root = await connectAs("root", "r");
    expect((await root.inspect(project)).server.mayDelete).toBe(true);
    await root.close();
    const producer = await connectAs("producer", "p");
    const facts = await producer.inspect(project);
    expect(facts.server.mayDelete).toBe(false);
    expect(facts.streams[0]?.reading).toMatchObject({ ok: false, reason: expect.stringMatching(/permission/i) });
    expect(facts.bucket?.mayWrite).toBe(false);
    await producer.close();
  });
});
