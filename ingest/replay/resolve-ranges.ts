import type { JetStream } from "../../jetstream/index.ts";
import { storedStreams, type Project } from "../../model/index.ts";
import type { SequenceRange } from "../lane/lane-context.ts";
import { ReplayError } from "./replay-database.ts";

/** An end of a replay: a sequence (of the one stream there is), or a moment in microseconds since 1970. */
export type ReplayEnd = { readonly seq: number } | { readonly time: number };

/** What a replay reads of a stream. */
export interface ReplayRange extends SequenceRange {
  readonly stream: string;
  /** Last sequence of the range that is stored now. */
  readonly stored: number;
}

/**
 * Finds the range of each stream: from a sequence, or from the first message stored at or after a moment; up to a sequence, or to the last message stored before a moment.
 * What lies before the oldest message that a stream still has is nothing to leave out: then the range begins at 1.
 * @throws ReplayError if a range is empty, or a sequence is given for several streams
 */
export async function resolveRanges(
  project: Project,
  jetstream: JetStream,
  { from, to }: { readonly from?: ReplayEnd | undefined; readonly to?: ReplayEnd | undefined },
): Promise<readonly ReplayRange[]> {
  const streams = storedStreams(project.streams);
  if (streams.length > 1 && [from, to].some((end) => end && "seq" in end)) {
    throw new ReplayError(
      `A sequence belongs to one stream, and "${project.name}" has ${streams.length}, partitions counted: give a time instead.`,
    );
  }
  const seqOf = async (stream: string, end: ReplayEnd): Promise<number> =>
    "seq" in end ? end.seq : ((await jetstream.sequenceAt(stream, end.time)) ?? 1);
  return Promise.all(
    streams.map(async ({ name: stream }) => {
      const state = await jetstream.streamState(stream);
      const lastSeq = state?.lastSeq ?? 0;
      const wanted = from ? await seqOf(stream, from) : 1;
      const last = to ? (await seqOf(stream, to)) - ("seq" in to ? 0 : 1) : Number.POSITIVE_INFINITY;
      const first = wanted <= (state?.firstSeq ?? 0) ? 1 : wanted;
      if (first > 1 && first > Math.min(last, lastSeq))
        throw new ReplayError(
          `Stream ${stream} has nothing from sequence ${first} to ${Math.min(last, lastSeq)}: choose another --from or --to.`,
        );
      return { stream, first, last, stored: Math.min(last, lastSeq) };
    }),
  );
}
