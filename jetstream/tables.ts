import type { KV, KvEntry, QueuedIterator } from "nats";
import type { Link } from "./connect.ts";

/** A key's row as it is now. */
export interface TableChange {
  readonly key: string;
  /** Undefined: the key has none any more. */
  readonly row: string | undefined;
  /** Number of the change within the table. */
  readonly revision: number;
}

/** A lookup table in a JetStream KV bucket: any text as key, a text a row. */
export interface Table {
  /**
   * Follows the table. Resolves once every row that stands has been told; changes after that are told as they come, until it is stopped.
   * @param onChange called in order of revision
   */
  follow(onChange: (change: TableChange) => void): Promise<{ readonly stop: () => void }>;
  put(key: string, row: string): Promise<void>;
  remove(key: string): Promise<void>;
}

/** Opens the bucket `hydrograph_<project>_table_<table>`, and makes it if it is not there. @param replicas copies in a NATS cluster */
export async function openTable(link: Link, project: string, table: string, replicas: number): Promise<Table> {
  const name = `hydrograph_${project}_table_${table}`;
  const kv = await bucketOf(link, name, replicas);
  return {
    follow: (onChange) => follow(kv, onChange),
    put: async (key, row) => {
      await kv.put(bucketKey(key), row);
    },
    remove: (key) => kv.delete(bucketKey(key)),
  };
}

async function bucketOf(link: Link, name: string, replicas: number): Promise<KV> {
  try {
    return await link.client.views.kv(name, { history: 1, replicas });
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(`The bucket "${name}" of a lookup table cannot be opened: ${reason}.`, { cause: error });
  }
}

async function follow(kv: KV, onChange: (change: TableChange) => void): Promise<{ readonly stop: () => void }> {
  const initialized = new Signal();
  const changes = await kv.watch({ initializedFn: () => initialized.set() });
  const whole = new Signal();
  let told = 0;
  let due = Infinity;
  void tell(changes, (change) => {
    onChange(change);
    told += 1;
    if (told >= due) whole.set();
  });
  await initialized.wait;
  // The client may say so before the rows that it has received are handed on.
  due = changes.getReceived();
  if (told < due) await whole.wait;
  return { stop: () => changes.stop() };
}

/** Something that is waited for, and comes once. */
class Signal {
  set: () => void = () => {};
  readonly wait = new Promise<void>((resolve) => {
    this.set = resolve;
  });
}

async function tell(changes: QueuedIterator<KvEntry>, onChange: (change: TableChange) => void): Promise<void> {
  for await (const { key, operation, revision, value } of changes) {
    onChange({ key: textOf(key), row: operation === "PUT" ? Buffer.from(value).toString("utf8") : undefined, revision });
  }
}

/** Keys of a bucket have few characters; base64url has them all. */
function bucketKey(key: string): string {
  return Buffer.from(key, "utf8").toString("base64url");
}

function textOf(key: string): string {
  return Buffer.from(key, "base64url").toString("utf8");
}
