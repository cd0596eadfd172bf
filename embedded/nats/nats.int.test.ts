import { execFileSync, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect } from "nats";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { fetchRelease } from "./fetch-release.ts";
import { findOrFetchNatsServer } from "./find-nats-server.ts";
import { startNats } from "./start-nats.ts";

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "hydrograph-nats-"));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

function alive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

describe("startNats", () => {
  test("acknowledged messages survive kill -9 and a restart on the same port", async () => {
    let server = await startNats({ dataDir: directory });
    let connection = await connect({ servers: server.url });
    await (await connection.jetstreamManager()).streams.add({ name: "S", subjects: ["s.>"] });
    for (let index = 0; index < 500; index++) await connection.jetstream().publish("s.x", new Uint8Array([index % 256]));
    server.kill();
    await server.exited;
    await connection.close();

    server = await startNats({ dataDir: directory, port: server.port });
    connection = await connect({ servers: server.url });
    const info = await (await connection.jetstreamManager()).streams.info("S");
    expect(info.state.messages).toBe(500);
    expect(info.config.storage).toBe("file");
    expect(connection.info?.max_payload).toBe(1_048_576);
    await connection.close();
    await server.stop();
    await server.stop();
    expect(alive(server.pid)).toBe(false);
  });

  test("listens on 127.0.0.1 only", async () => {
    const server = await startNats({ dataDir: directory });
    const port = server.port.toString(16).toUpperCase().padStart(4, "0");
    const sockets = `${await readFile("/proc/net/tcp", "utf8")}${await readFile("/proc/net/tcp6", "utf8").catch(() => "")}`;
    const listening = sockets.split("\n").filter((line) => line.includes(`:${port} `) && / 0A /.test(line));
    expect(listening.map((line) => line.trim().split(" ")[1])).toEqual([`0100007F:${port}`]);
    await server.stop();
  });

  test("a folder in use and a taken port are one sentence each", async () => {
    const server = await startNats({ dataDir: directory });
    await expect(startNats({ dataDir: directory })).rejects.toThrow(
      `A NATS server (process ${server.pid}) already uses ${directory}: stop it first or choose another folder.`,
    );
    await expect(startNats({ dataDir: join(directory, "other"), port: server.port })).rejects.toThrow(
      `Port ${server.port} on 127.0.0.1 is already in use: stop the program that listens there or choose another port for NATS.`,
    );
    await server.stop();
  });
});

test("both servers end when their parent is killed", async () => {
  const program = `
    const { startNats, startClickHouse } = await import(${JSON.stringify(new URL("../index.ts", import.meta.url).href)});
    const servers = await Promise.all([startNats({ dataDir: "${directory}/nats" }), startClickHouse({ dataDir: "${directory}/clickhouse" })]);
    console.log(JSON.stringify(servers.map(({ pid }) => pid)));`;
  const parent = spawn(process.execPath, ["--import", "tsx", "--input-type=module", "-e", program], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const pids = await new Promise<number[]>((resolve) =>
    parent.stdout.once("data", (text: Buffer) => resolve(JSON.parse(text.toString()) as number[])),
  );
  expect(pids.map(alive)).toEqual([true, true]);
  parent.kill("SIGKILL");
  await expect.poll(() => pids.map(alive), { timeout: 15_000 }).toEqual([false, false]);
});

describe("finding nats-server", () => {
  test("the cache is used when PATH has none", async () => {
    await writeFile(join(directory, "nats-server"), "#!/bin/sh\necho 'nats-server: v2.11.4'\n");
    await chmod(join(directory, "nats-server"), 0o755);
    expect(await findOrFetchNatsServer({ command: "no-such-nats-server", cacheDir: directory })).toEqual({
      command: join(directory, "nats-server"),
      version: [2, 11, 4],
    });
  });

  test("a failed fetch says what to do", async () => {
    const before = process.env["PATH"];
    process.env["PATH"] = directory;
    try {
      await writeFile(join(directory, "apt-get"), "#!/bin/sh\n[ $1 = --version ] || exit 3\n", { mode: 0o755 });
      await writeFile(join(directory, "dpkg-deb"), "#!/bin/sh\nexit 0\n", { mode: 0o755 });
      await expect(findOrFetchNatsServer({ command: "no-such-nats-server", cacheDir: join(directory, "cache") })).rejects.toThrow(
        /could not be fetched .* Install nats-server 2\.9 or newer/,
      );
    } finally {
      process.env["PATH"] = before;
    }
  });

  test("a release is unpacked if its SHA-256 is the published one, and refused if not", async () => {
    const name = `nats-server-v2.12.1-${process.platform}-${process.arch === "x64" ? "amd64" : process.arch}`;
    await mkdir(join(directory, name));
    await writeFile(join(directory, name, "nats-server"), "the program");
    execFileSync("tar", ["-czf", "a.tar.gz", name], { cwd: directory });
    const archive = await readFile(join(directory, "a.tar.gz"));
    let sum = createHash("sha256").update(archive).digest("hex");
    const server = createServer((request, response) =>
      response.end(request.url?.endsWith("SHA256SUMS") ? `${sum}  ${name}.tar.gz\n` : archive),
    ).listen(0, "127.0.0.1");
    await new Promise((resolve) => server.once("listening", resolve));
    const from = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const work = await mkdtemp(join(directory, "work-"));
    expect(await readFile(await fetchRelease(work, from), "utf8")).toBe("the program");
    sum = "0".repeat(64);
    await expect(fetchRelease(work, from)).rejects.toThrow("SHA-256");
    server.close();
  });
});
