import type { StreamDefinition } from "./project.ts";

/** One stream as JetStream stores it, read by one lane: a declared stream, or a partition of one. */
export interface StoredStream extends Omit<StreamDefinition, "partitions"> {
  /** Which partition of which declared stream it is; absent = it is one as declared. */
  readonly partition?: { readonly of: string; readonly index: number; readonly count: number };
}

/** The first token of the subjects of partitions; the second is the partition's number. */
const PARTITION_TOKEN = "p";

/**
 * The streams that JetStream stores for those that a project declares: "SHOP" with 4 partitions is stored as "SHOP-0" … "SHOP-3", of which "SHOP-2" stores "p.2.shop.>" where
 * the project says "shop.>".
 */
export function storedStreams(streams: readonly StreamDefinition[]): readonly StoredStream[] {
  return streams.flatMap(({ partitions: count, ...stream }): StoredStream[] => {
    if (count === undefined) return [stream];
    return Array.from({ length: count }, (_, index) => ({
      ...stream,
      name: `${stream.name}-${index}`,
      subjects: stream.subjects.map((subject) => partitionSubject(index, subject)),
      partition: { of: stream.name, index, count },
    }));
  });
}

/** A subject in a partition: "shop.order.placed" in partition 2 is "p.2.shop.order.placed". */
export function partitionSubject(index: number | "*", subject: string): string {
  return `${PARTITION_TOKEN}.${index}.${subject}`;
}

const OFFSET_BASIS = 0x811c9dc5;
const PRIME = 0x01000193;

/**
 * The partition of an event: FNV-1a (32 bits) over the UTF-8 bytes of its CloudEvents `subject`, modulo the number of partitions. An event without a subject has that of "".
 * nats-server's own `{{partition(n, …)}}` gives the same for the same text.
 * Source: http://www.isthe.com/chongo/tech/comp/fnv/
 */
export function partitionOf(subject: string, partitions: number): number {
  let hash = OFFSET_BASIS;
  for (const byte of Buffer.from(subject, "utf8")) hash = Math.imul(hash ^ byte, PRIME);
  return (hash >>> 0) % partitions;
}
