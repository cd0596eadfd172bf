import { AckPolicy, DeliverPolicy, nanos } from "nats";
import type { Link } from "./connect.ts";
import { streamState } from "./streams.ts";

/**
 * The first sequence that a stream stored at or after a moment; one after its last if it stored nothing since.
 * JetStream finds it itself: a consumer that starts at a time says where it would begin (6 in a stream without sequence 5, tried on 2.9.10).
 * @param moment microseconds since 1970; JetStream compares milliseconds
 * @returns undefined if there is no such stream
 */
export async function sequenceAt(link: Link, stream: string, moment: number): Promise<number | undefined> {
  if (!(await streamState(link, stream))) return undefined;
  const { consumers } = link.manager;
  const consumer = await consumers.add(stream, {
    ack_policy: AckPolicy.None,
    deliver_policy: DeliverPolicy.StartTime,
    opt_start_time: new Date(moment / 1_000).toISOString(),
    mem_storage: true,
    num_replicas: 1,
    inactive_threshold: nanos(5_000),
  });
  await consumers.delete(stream, consumer.name).catch(() => false);
  return consumer.delivered.stream_seq + 1;
}
