import { NatsError } from "nats";
import type { Link } from "./connect.ts";
import { encodeHeaders, type LogMessage } from "./log-message.ts";

/** JetStream API error: the stream has no message of that sequence. */
const NO_MESSAGE_FOUND = 10_037;

/** Reads one message by its sequence, or undefined if the stream no longer has it. */
export async function readMessage(link: Link, stream: string, seq: number): Promise<LogMessage | undefined> {
  try {
    const stored = await link.manager.streams.getMessage(stream, { seq });
    return {
      seq: stored.seq,
      storedAt:
        Math.floor(Date.parse(stored.timestamp)) * 1_000 + Number((/\.\d{3}(\d{1,3})/.exec(stored.timestamp)?.[1] ?? "0").padEnd(3, "0")),
      subject: stored.subject,
      headerBytes: encodeHeaders(stored.header),
      payload: Buffer.from(stored.data),
      pending: 0,
      deliverySeq: 0,
    };
  } catch (error) {
    if (error instanceof NatsError && (error.api_error?.err_code === NO_MESSAGE_FOUND || error.code === "404")) return undefined;
    throw error;
  }
}
