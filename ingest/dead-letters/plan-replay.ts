import { isRefusal, refuse, type DecodedEvent, type Refusal } from "../decode/outcome.ts";

/** What the tables hold of a message. */
export interface MessageState {
  readonly seq: number;
  /** When JetStream stored it, microseconds since 1970. */
  readonly storedAt: number;
  /** Places with a dead letter, whatever became of it, and of these the ones that are to be replayed. */
  readonly letters: ReadonlySet<number>;
  readonly wanted: ReadonlySet<number>;
  /** Places with a row of `events`. */
  readonly rows: ReadonlySet<number>;
}

/** A dead letter whose events decode: they go in together, or not at all. */
export interface ReadyLetter {
  readonly idx: number;
  /** Its event; all events of the message if the letter stands for the whole. */
  readonly events: readonly DecodedEvent[];
}

/** What today's code makes of the letters of a message. */
export interface MessagePlan {
  readonly ready: readonly ReadyLetter[];
  /** Those that still fail, with today's reason, under the letter's own place. */
  readonly refused: readonly Refusal[];
}

/**
 * Decides what a replay of a message inserts: the events of wanted letters that have no row yet, and nothing else.
 *
 * A letter of a message that could not be read at all (no JSON, too large, too deep) stands at place 0 for all its events, of which there is then neither row nor letter. Such a
 * letter is replayed whole: while one of its events is refused none goes in, as that one would be in no table.
 */
export function planReplay(message: MessageState, outcomes: readonly (DecodedEvent | Refusal)[]): MessagePlan {
  const ready: ReadyLetter[] = [];
  const refused: Refusal[] = [];
  const standsForAll = message.letters.size === 1 && message.letters.has(0) && message.rows.size === 0;
  for (const idx of [...message.wanted].sort((one, other) => one - other)) {
    if (message.rows.has(idx)) continue;
    const own = standsForAll ? outcomes : outcomes.filter((outcome) => outcome.idx === idx);
    const refusal = own.find(isRefusal) ?? (own.length === 0 ? (outcomes.find(isRefusal) ?? NOT_THERE) : undefined);
    if (refusal) refused.push({ ...refusal, idx });
    else ready.push({ idx, events: own.filter((outcome): outcome is DecodedEvent => !isRefusal(outcome)) });
  }
  return { ready, refused };
}

const NOT_THERE = refuse(0, "not-a-cloudevent", "the message holds no event at this place");
