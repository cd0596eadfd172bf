import { ErrorCode, NatsError } from "nats";
import type { Link } from "../connect.ts";

/** What a NATS server and the account in use tell of themselves. */
export interface ServerFacts {
  readonly version: string;
  /** Name of the cluster; undefined = a server of its own. */
  readonly cluster: string | undefined;
  /** Largest message it takes, in bytes. */
  readonly maxPayload: number;
  /** Storage of the account, in bytes; `limit` undefined = as much as the disk holds. */
  readonly storage: { readonly used: number; readonly limit: number | undefined };
  /** Whether this user may delete streams or single messages; undefined = the server did not say. */
  readonly mayDelete: boolean | undefined;
}

/** Asks the server and the account; nothing is changed. @throws Error if JetStream does not answer */
export async function inspectServer(link: Link): Promise<ServerFacts> {
  const { info } = link.connection;
  const account = await link.manager.getAccountInfo();
  const limit = account.limits.max_storage;
  return {
    version: info?.version ?? "",
    cluster: info?.cluster,
    maxPayload: info?.max_payload ?? 0,
    storage: { used: account.storage, limit: limit > 0 ? limit : undefined },
    mayDelete: await mayDelete(link),
  };
}

/** A stream that nobody makes by accident: asked to delete it, JetStream answers that there is none, or NATS that it is forbidden. */
const NO_STREAM = "hydrograph-asks-whether-it-may-and-there-is-no-such-stream";
const FORBIDDEN: string = ErrorCode.PermissionsViolation;

async function mayDelete({ manager }: Link): Promise<boolean | undefined> {
  const tries = [manager.streams.delete(NO_STREAM), manager.streams.purge(NO_STREAM), manager.streams.deleteMessage(NO_STREAM, 1)];
  const refusals = (await Promise.allSettled<unknown>(tries)).map((one) =>
    one.status === "rejected" ? (one.reason as unknown) : undefined,
  );
  if (refusals.every(isForbidden)) return false;
  return refusals.some((error) => error instanceof NatsError && error.api_error !== undefined) ? true : undefined;
}

/** Whether NATS refused a request for want of a permission. */
export function isForbidden(error: unknown): boolean {
  return error instanceof NatsError && error.code === FORBIDDEN;
}
