import { storedStreams, type Project } from "../../model/index.ts";
import type { Link } from "../connect.ts";
import { inspectBucket, type BucketFacts } from "./bucket.ts";
import { inspectServer, type ServerFacts } from "./server.ts";
import { inspectStream, type StreamFacts } from "./stream.ts";

/** What NATS tells of itself and of a project's streams. */
export interface JetStreamFacts {
  readonly server: ServerFacts;
  /** In the order of {@link storedStreams}; undefined = there is no such stream. */
  readonly streams: readonly (StreamFacts | undefined)[];
  /** Undefined while no worker has made it. */
  readonly bucket: BucketFacts | undefined;
}

/** Gathers facts about NATS for a project, and changes nothing. @throws Error if JetStream stops answering */
export async function inspect(link: Link, { name, streams }: Pick<Project, "name" | "streams">): Promise<JetStreamFacts> {
  const server = await inspectServer(link);
  const found: (StreamFacts | undefined)[] = [];
  // One after the other: a round trip that queues behind others tells the clock badly.
  for (const stream of storedStreams(streams)) found.push(await inspectStream(link, stream));
  return { server, streams: found, bucket: await inspectBucket(link, name) };
}
