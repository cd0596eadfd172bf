import type { ClickHouse } from "../../clickhouse/index.ts";
import type { JetStream, LogMessage } from "../../jetstream/index.ts";
import type { LaneIdentity } from "../batch/rows.ts";
import type { DecodeMessage } from "../decode/decode-message.ts";
import { planReplay, type MessagePlan, type MessageState } from "./plan-replay.ts";
import { readKeptMessage } from "./read-letter.ts";

/** Where messages are read from, and what decodes them. */
export interface MessageSource {
  readonly clickhouse: ClickHouse;
  readonly jetstream: JetStream;
  readonly decode: DecodeMessage;
}

/** A message read again. */
export interface PlannedMessage {
  readonly state: MessageState;
  /** Undefined if neither the log nor the letter has its bytes. */
  readonly message: LogMessage | undefined;
  /** Whether the bytes are the letter's, as the log no longer has them. */
  readonly fromLetter: boolean;
  readonly plan: MessagePlan;
}

/** Messages asked for at once: with 32 under way the server's answers, 0.3 ms each, are no longer waited for one by one, and 32 payloads fit in memory. */
const AT_ONCE = 32;

/** Reads messages from the log (from the letter, where the log no longer has them) and decides with today's code what of each goes in; in order. */
export async function* planMessages(
  source: MessageSource,
  lane: LaneIdentity,
  states: readonly MessageState[],
): AsyncGenerator<PlannedMessage> {
  const inLog = (await source.jetstream.streamState(lane.stream))?.epoch === lane.epoch;
  for (let at = 0; at < states.length; at += AT_ONCE) {
    const part = states.slice(at, at + AT_ONCE);
    const messages = await Promise.all(part.map((state) => readAgain(source, lane, state, inLog)));
    for (const [index, state] of part.entries()) {
      const { fromLetter, message } = messages[index] ?? { fromLetter: false, message: undefined };
      yield { state, message, fromLetter, plan: message ? planReplay(state, source.decode(message)) : { ready: [], refused: [] } };
    }
  }
}

/** A stream that is made anew while we read gives other messages under the same numbers; they were stored at another time. */
async function readAgain(
  { clickhouse, jetstream }: MessageSource,
  lane: LaneIdentity,
  { seq, storedAt }: MessageState,
  inLog: boolean,
): Promise<Pick<PlannedMessage, "message" | "fromLetter">> {
  const message = inLog ? await jetstream.message(lane.stream, seq) : undefined;
  if (message?.storedAt === storedAt) return { message, fromLetter: false };
  return { message: await readKeptMessage(clickhouse, lane, seq), fromLetter: true };
}
