import { spawn } from "node:child_process";
import { createWriteStream } from "node:fs";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { pipeline } from "node:stream/promises";
import { fileURLToPath } from "node:url";
import type { ClickHouse } from "../../clickhouse/index.ts";
import { python } from "../../tests/support/python.ts";

/** Of DuckDB's join and of Feast's retrieval: what they took, and their processes' peak of resident memory. Empty without a Python that has both. */
export interface PeerFigures {
  readonly duckdbSeconds?: number;
  readonly duckdbPeakMb?: number;
  /** Why DuckDB gave no result: its join of long histories takes more than 8 GB of memory and 16 GB of disk, or {@link LONGEST_MS}. */
  readonly duckdbFailure?: string;
  readonly feastSeconds?: number;
  readonly feastPeakMb?: number;
  /** Likewise: it takes more than 16 GB of memory, or too long. */
  readonly feastFailure?: string;
}

interface Taken {
  readonly seconds: number;
  readonly peakMb: number;
}

const WITHOUT_PEERS =
  'without DuckDB and Feast: "pip install -r bench/features/peers/requirements.txt", in an environment of its own, has both';

/**
 * Gives the events and labels of a shape to DuckDB and to Feast.
 * @param files the labels, and our training set of them, which DuckDB's values must equal
 * @throws Error if they differ
 */
export async function measurePeers(
  clickhouse: ClickHouse,
  files: { readonly folder: string; readonly spine: string; readonly ours: string },
  say: (text: string) => void,
): Promise<PeerFigures> {
  const found = python(["duckdb", "feast", "ibis", "pyarrow"]);
  if ("missing" in found) {
    say(`${WITHOUT_PEERS} (${found.missing}).`);
    return {};
  }
  const events = join(files.folder, "events.parquet");
  const exported = { name: "Events", format: "Parquet", sql: EVENTS };
  await pipeline(await clickhouse.bytes(exported), createWriteStream(events));
  const duckdb = await run(found.program, ["duckdb_join.py", events, files.spine, files.ours]);
  const feast = await run(found.program, ["feast_retrieval.py", events, files.spine]);
  return { ...figures("duckdb", duckdb), ...figures("feast", feast) };
}

function figures(name: "duckdb" | "feast", taken: Taken | { readonly failure: string }): PeerFigures {
  if ("failure" in taken) return { [`${name}Failure`]: taken.failure };
  return { [`${name}Seconds`]: taken.seconds, [`${name}PeakMb`]: taken.peakMb };
}

const EVENTS = `SELECT subject AS entity, time, known_at, data.amount::Float64 AS amount, data.product::String AS product FROM events`;

const LONGEST_MS = 300_000;

async function run(program: string, [script = "", ...files]: readonly string[]): Promise<Taken | { readonly failure: string }> {
  const path = fileURLToPath(new URL(`./peers/${script}`, import.meta.url));
  const child = spawn(program, [path, ...files], { stdio: ["ignore", "pipe", "pipe"], timeout: LONGEST_MS, killSignal: "SIGKILL" });
  const ended = new Promise<number | null>((resolve, reject) => child.on("close", resolve).on("error", reject));
  const [printed, said, code] = await Promise.all([text(child.stdout), text(child.stderr), ended]);
  if (code === DIFFERS) throw new Error(said.trim());
  if (code === null) return { failure: `not done after ${LONGEST_MS / 1_000} s` };
  if (code !== 0) return { failure: said.split("\n").findLast((line) => /Error|Exception/.test(line)) ?? `exit code ${code}` };
  return JSON.parse(printed) as Taken;
}

/** Exit code of a script whose values are not ours. */
const DIFFERS = 3;
