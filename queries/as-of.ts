import type { ClickHouse } from "../clickhouse/index.ts";
import { storedStreams, type Present, type Project, type StreamPosition, type Watermark } from "../model/index.ts";
import { QueryError } from "./query-error.ts";
import { resolveMoment } from "./resolve-moment.ts";
import { ledgerStreams, readWatermark, readWatermarkAt } from "./watermark.ts";

/**
 * A past state of the log: a watermark, such as an answer names, in which a plain number is a sequence of the stream's newest epoch; a number, the last sequence of the project's one stream;
 * or a time (a Date or text), up to which JetStream had stored it.
 */
export type AsOf = Watermark | Readonly<Record<string, number>> | number | Date | string;

/** Checks what can be checked without asking. @throws QueryError, one sentence */
export function checkAsOf(asOf: AsOf | undefined, { streams }: Project, present: Present): void {
  if (asOf === undefined) return;
  if (typeof asOf === "string" || asOf instanceof Date) {
    resolveMoment(asOf, "asOf", present);
    return;
  }
  if (typeof asOf === "number") {
    const names = storedStreams(streams).map(({ name }) => name);
    if (!isCount(asOf)) throw new QueryError(`"asOf" is ${asOf}: a sequence is a whole number from 0.`);
    if (names.length !== 1) {
      throw new QueryError(
        `"asOf" is one sequence, and the project has ${names.length} streams (${names.join(", ")}): write a watermark or a time.`,
      );
    }
    return;
  }
  for (const [stream, position] of Object.entries<StreamPosition | number>(asOf)) {
    const numbers = typeof position === "number" ? [position] : [position?.epoch, position?.seq];
    if (!numbers.every(isCount))
      throw new QueryError(`"asOf" has no position of stream ${stream}: epoch and seq must be whole numbers from 0.`);
  }
}

function isCount(value: unknown): boolean {
  return Number.isSafeInteger(value) && Number(value) >= 0;
}

/**
 * The watermark that a checked `asOf` means: of a sequence, in the stream's newest epoch; of a time, of each stream the last message in ClickHouse that JetStream had stored by then.
 * @throws QueryError if it names a stream that neither the project nor the ledger has
 */
export async function resolveAsOf(clickhouse: ClickHouse, project: Project, asOf: AsOf, present: Present): Promise<Watermark> {
  if (typeof asOf === "string" || asOf instanceof Date) return readWatermarkAt(clickhouse, resolveMoment(asOf, "asOf", present));
  const positions = typeof asOf === "number" ? { [storedStreams(project.streams)[0]?.name ?? ""]: asOf } : asOf;
  await checkStreams(clickhouse, project, Object.keys(positions));
  const entries = Object.entries<StreamPosition | number>(positions);
  const newest = entries.some(([, position]) => typeof position === "number") ? await readWatermark(clickhouse) : {};
  return Object.fromEntries(
    entries.map(([stream, position]) => [
      stream,
      typeof position === "number" ? { epoch: epochOf(newest, stream), seq: position } : position,
    ]),
  );
}

function epochOf(newest: Watermark, stream: string): number {
  const position = newest[stream];
  if (position) return position.epoch;
  throw new QueryError(`"asOf" is a sequence of stream ${JSON.stringify(stream)}, and nothing of it is in ClickHouse yet.`);
}

/** Streams must exist: in the project, or, renamed since, in the ledger. */
async function checkStreams(clickhouse: ClickHouse, { streams }: Project, names: readonly string[]): Promise<void> {
  const declared = storedStreams(streams).map(({ name }) => name);
  const others = names.filter((stream) => !declared.includes(stream));
  const known = others.length === 0 ? [] : await ledgerStreams(clickhouse);
  const unknown = others.find((stream) => !known.includes(stream));
  if (unknown === undefined) return;
  throw new QueryError(`"asOf" names the stream ${JSON.stringify(unknown)}, and the project has ${declared.join(", ")}.`);
}
