import type { ClickHouse } from "../clickhouse/index.ts";
import { storedStreams, type Present, type Project, type StreamPosition, type Watermark } from "../model/index.ts";
import { QueryError } from "./query-error.ts";
import { resolveMoment } from "./resolve-moment.ts";
import { findSavedWatermark } from "./saved-watermarks/saved-watermarks.ts";
import { isWatermarkName } from "./saved-watermarks/watermark-name.ts";
import { ledgerStreams, readWatermark, readWatermarkAt } from "./watermark.ts";

/**
 * A past state of the log: a watermark, such as an answer names, in which a plain number is a sequence of the stream's newest epoch; a number, the last sequence of the project's one stream;
 * a time (a Date or text), up to which JetStream had stored it; or the name of a saved watermark: what reads as a time is one, whatever was saved.
 */
export type AsOf = Watermark | Readonly<Record<string, number>> | number | Date | string;

/** Checks what can be checked without asking. @throws QueryError, one sentence */
export function checkAsOf(asOf: AsOf | undefined, { streams }: Project, present: Present): void {
  if (asOf === undefined) return;
  if (typeof asOf === "string" || asOf instanceof Date) {
    if (!isWatermarkName(asOf, present)) resolveMoment(asOf, "asOf", present);
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
 * The watermark that a checked `asOf` means: of a sequence, in the stream's newest epoch; of a time, of each stream the last message in ClickHouse that JetStream had stored by then. A position that is
 * not ingested yet stands for what is: the watermark of an answer promises that all before it is counted, and brings the same answer again.
 * @throws QueryError if it names a stream that neither the project nor the ledger has, or a watermark that is not saved
 */
export async function resolveAsOf(clickhouse: ClickHouse, project: Project, asOf: AsOf, present: Present): Promise<Watermark> {
  if (isWatermarkName(asOf, present)) {
    const { watermark } = await findSavedWatermark(clickhouse, asOf);
    return resolveAsOf(clickhouse, project, watermark, present);
  }
  if (typeof asOf === "string" || asOf instanceof Date) return readWatermarkAt(clickhouse, resolveMoment(asOf, "asOf", present));
  const positions = typeof asOf === "number" ? { [storedStreams(project.streams)[0]?.name ?? ""]: asOf } : asOf;
  await checkStreams(clickhouse, project, Object.keys(positions));
  const entries = Object.entries<StreamPosition | number>(positions);
  const ingested = await readWatermark(clickhouse);
  const wanted = entries.map(([stream, position]): [string, StreamPosition] => [
    stream,
    typeof position === "number" ? { epoch: epochOf(ingested, stream), seq: position } : position,
  ]);
  return earlier(wanted, ingested);
}

/** Of each stream that anything is ingested of, the position wanted or what is ingested, whichever comes first. */
function earlier(wanted: readonly (readonly [stream: string, position: StreamPosition])[], ingested: Watermark): Watermark {
  const positions = wanted.flatMap(([stream, position]): [string, StreamPosition][] => {
    const held = ingested[stream];
    if (!held) return [];
    const isHeld = position.epoch < held.epoch || (position.epoch === held.epoch && position.seq <= held.seq);
    return [[stream, isHeld ? position : held]];
  });
  return Object.fromEntries(positions);
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
