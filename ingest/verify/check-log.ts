import type { JetStream, LogMessage } from "../../jetstream/index.ts";
import { MessageDigest } from "../batch/digest.ts";
import type { LaneIdentity } from "../batch/rows.ts";
import type { Finding } from "./finding.ts";
import type { LedgerFacts } from "./read-ledger.ts";

/** What came of reading the log again. */
export interface LogCheck {
  /** Batches whose messages were all there and have the digest that the ledger says. */
  readonly agreed: number;
  /** Batches whose messages are other ones than were read when the batch went in. */
  readonly changed: number;
  /** Batches that cannot be compared any more, as messages of them have left the stream since they were read; and how many messages. */
  readonly incomplete: number;
  readonly gone: number;
}

/** Nothing was read. */
export const NOT_READ: LogCheck = { agreed: 0, changed: 0, incomplete: 0, gone: 0 };

/** How to read. */
export interface LogReading {
  readonly jetstream: JetStream;
  readonly signal: AbortSignal;
  /** Called with the number of messages since the last call. */
  readonly onMessages: (count: number) => void;
  readonly onFinding: (finding: Finding) => void;
}

/** The sums of two checks. */
export function addLogChecks(one: LogCheck, other: LogCheck): LogCheck {
  return {
    agreed: one.agreed + other.agreed,
    changed: one.changed + other.changed,
    incomplete: one.incomplete + other.incomplete,
    gone: one.gone + other.gone,
  };
}

/**
 * Reads the messages of batches from the log again and compares each batch's digest with the ledger's. Messages that have left the stream are counted, not held against anybody:
 * retention and `nats stream rmm` take them.
 * @param batches ledger rows of one lane that follow one another, in order
 * @throws Error if the stream is deleted or recreated while it is read, or cannot be read
 */
export async function checkLog(reading: LogReading, lane: LaneIdentity, batches: readonly LedgerFacts[]): Promise<LogCheck> {
  const [head] = batches;
  const tail = batches.at(-1);
  if (!head || !tail) return NOT_READ;
  const { jetstream, onFinding, onMessages, signal } = reading;
  const pass = new LogPass(batches, onFinding, onMessages);
  const state = await jetstream.streamState(lane.stream);
  // Of an earlier incarnation the log has nothing left; before its first message there is nothing to wait for.
  if (state?.epoch === lane.epoch && state.firstSeq <= tail.last) {
    const onMessage = (message: LogMessage): void => pass.take(message);
    await jetstream.readRange({ ...lane, first: head.first, last: tail.last, onMessage, signal });
  }
  return pass.finish();
}

/** Walks messages and batches side by side; holds one digest, not messages. */
class LogPass {
  readonly #batches: readonly LedgerFacts[];
  readonly #onFinding: (finding: Finding) => void;
  readonly #onMessages: (count: number) => void;
  #at = 0;
  #digest = new MessageDigest();
  #messages = 0;
  #sum = NOT_READ;

  constructor(batches: readonly LedgerFacts[], onFinding: (finding: Finding) => void, onMessages: (count: number) => void) {
    this.#batches = batches;
    this.#onFinding = onFinding;
    this.#onMessages = onMessages;
  }

  take(message: LogMessage): void {
    while (message.seq > (this.#batches[this.#at]?.last ?? Infinity)) this.#close();
    if (message.seq < (this.#batches[this.#at]?.first ?? Infinity)) return;
    this.#digest.add(message);
    this.#messages += 1;
  }

  finish(): LogCheck {
    while (this.#at < this.#batches.length) this.#close();
    return this.#sum;
  }

  #close(): void {
    const batch = this.#batches[this.#at];
    if (!batch) return;
    this.#sum = addLogChecks(this.#sum, this.#judge(batch));
    this.#onMessages(batch.received);
    this.#at += 1;
    this.#digest = new MessageDigest();
    this.#messages = 0;
  }

  #judge({ digest, first, last, received }: LedgerFacts): LogCheck {
    const gone = Math.max(0, received - this.#messages);
    if (gone > 0) return { ...NOT_READ, incomplete: 1, gone };
    if (this.#messages === received && this.#digest.finish() === digest) return { ...NOT_READ, agreed: 1 };
    const what = "the messages in the log are not those that were read: their digest is another one than the ledger's.";
    this.#onFinding({ first, last, what });
    return { ...NOT_READ, changed: 1 };
  }
}
