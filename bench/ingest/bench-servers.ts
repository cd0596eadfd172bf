import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startClickHouse, startNats, type RunningServer } from "../../embedded/index.ts";
import { processCpuMicros } from "../process-cpu.ts";

/** CPU time of each server since it started, microseconds; undefined where nobody can tell. */
export type ServerCpu = Readonly<Record<"nats" | "clickhouse", number | undefined>>;

/** A NATS and a ClickHouse of their own in a temporary folder. */
export class BenchServers {
  readonly #folder: string;
  readonly #nats: RunningServer;
  #clickhouse: RunningServer;

  private constructor(folder: string, nats: RunningServer, clickhouse: RunningServer) {
    this.#folder = folder;
    this.#nats = nats;
    this.#clickhouse = clickhouse;
  }

  static async start(): Promise<BenchServers> {
    const folder = await mkdtemp(join(tmpdir(), "hydrograph-bench-"));
    const nats = await startNats({ dataDir: join(folder, "nats") });
    return new BenchServers(folder, nats, await startClickHouse({ dataDir: join(folder, "clickhouse") }));
  }

  get natsUrl(): string {
    return this.#nats.url;
  }

  get clickhouseUrl(): string {
    return this.#clickhouse.url;
  }

  cpu(): ServerCpu {
    return { nats: processCpuMicros(this.#nats.pid), clickhouse: processCpuMicros(this.#clickhouse.pid) };
  }

  async stopClickHouse(): Promise<void> {
    await this.#clickhouse.stop();
  }

  /** Starts ClickHouse again on its data, where it was. */
  async startClickHouse(): Promise<void> {
    const { port } = new URL(this.#clickhouse.url);
    this.#clickhouse = await startClickHouse({ dataDir: join(this.#folder, "clickhouse"), port: Number(port) });
  }

  async stop(): Promise<void> {
    await this.#nats.stop();
    await this.#clickhouse.stop();
    await rm(this.#folder, { recursive: true, force: true });
  }
}
