import type { ReaderOptions } from "../../jetstream/index.ts";

/** Options of a reader to which the stream seems to end with a sequence, wherever it ends: whatever lies between the last message and that sequence is gone. */
export function limitReader(options: ReaderOptions, last: number): ReaderOptions {
  // What was read before a limit was set, or under a later one, stays read.
  const end = Math.max(last, options.from - 1);
  return {
    ...options,
    onMessage: (message) => {
      if (message.seq <= end) options.onMessage(message);
      else options.onStatus({ type: "caught-up", lastSeq: end });
    },
    onStatus: (status) => options.onStatus(status.type === "caught-up" ? { ...status, lastSeq: Math.min(status.lastSeq, end) } : status),
  };
}
