/** Letters that still fail, alike. */
export interface StillRefused {
  readonly stream: string;
  readonly stage: string;
  readonly reason: string;
  /** One sentence without contents of the message. */
  readonly detail: string;
  readonly letters: number;
  /** Sequence of the newest of them. */
  readonly newest_seq: number;
}

/** What a replay did, or would do. Counts are of letters unless said otherwise. */
export interface ReplayReport {
  /** Letters whose events are in `events` now; in a dry run, would be. */
  readonly replayed: number;
  /** Rows of `events` that were added in their place. */
  readonly eventRows: number;
  /** Of `replayed`: letters of a replay that was interrupted before. */
  readonly settled: number;
  /** Of `replayed`: letters whose message the log no longer has, so that the bytes kept with the letter were read. */
  readonly fromLetter: number;
  /** Letters that were discarded as duplicates, with `deduplicate`: their events are in from other messages. */
  readonly duplicates: number;
  /** Letters that stay open, by today's reason. */
  readonly refused: readonly StillRefused[];
  /** Letters that stay open because their bytes are neither in the log nor with the letter. */
  readonly unreadable: number;
}

/** Counts what happens to letters. */
export class ReplayTally {
  readonly #refused = new Map<string, StillRefused>();
  replayed = 0;
  eventRows = 0;
  settled = 0;
  fromLetter = 0;
  duplicates = 0;
  unreadable = 0;

  refuse(stream: string, seq: number, { detail, reason, stage }: Pick<StillRefused, "detail" | "reason" | "stage">): void {
    const key = JSON.stringify([stream, stage, reason, detail]);
    const known = this.#refused.get(key);
    this.#refused.set(key, { stream, stage, reason, detail, letters: (known?.letters ?? 0) + 1, newest_seq: seq });
  }

  report(): ReplayReport {
    const { duplicates, eventRows, fromLetter, replayed, settled, unreadable } = this;
    const refused = [...this.#refused.values()].sort((one, other) => other.letters - one.letters);
    return { replayed, eventRows, settled, fromLetter, duplicates, refused, unreadable };
  }
}
