import { StorageType } from "nats";
import type { Link } from "../connect.ts";
import { bucketOf, isWrongRevision } from "../lanes.ts";
import { streamInfo } from "../streams.ts";
import { isForbidden } from "./server.ts";

/** The bucket of a project's checkpoints. */
export interface BucketFacts {
  readonly name: string;
  readonly storage: "file" | "memory";
  readonly replicas: number;
  /** Whether this user may change checkpoints; undefined = the server did not say. */
  readonly mayWrite: boolean | undefined;
}

/** Nobody's lane, and a revision that no bucket reaches: a write under it is refused by JetStream, or by NATS for want of a permission. */
const NO_LANE = "hydrograph-asks-whether-it-may";
const NO_REVISION = 2 ** 50;

/** Looks at the bucket of checkpoints; nothing is changed. @returns undefined while no worker has made it */
export async function inspectBucket(link: Link, project: string): Promise<BucketFacts | undefined> {
  const name = bucketOf(project);
  const info = await streamInfo(link, `KV_${name}`);
  if (!info) return undefined;
  const { num_replicas: replicas, storage } = info.config;
  return { name, storage: storage === StorageType.Memory ? "memory" : "file", replicas, mayWrite: await mayWrite(link, project) };
}

async function mayWrite(link: Link, project: string): Promise<boolean | undefined> {
  const kv = await link.client.views.kv(bucketOf(project), { bindOnly: true });
  try {
    await kv.update(NO_LANE, "", NO_REVISION);
    return true;
  } catch (error) {
    if (isForbidden(error)) return false;
    return isWrongRevision(error) ? true : undefined;
  }
}
