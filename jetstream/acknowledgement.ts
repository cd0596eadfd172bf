import type { Msg } from "nats";

/** What JetStream says to a message that was published. */
export type Acknowledgement =
  | { readonly type: "stored" }
  /** The stream has a message of this id. */
  | { readonly type: "duplicate" }
  /** Nobody listens on the subject: no stream stores it, or JetStream is away for now. */
  | { readonly type: "unheard" }
  /** This message will never be stored, its neighbours may be. */
  | { readonly type: "refused"; readonly reason: string }
  /** Not now: without a leader, starting, … */
  | { readonly type: "not-now"; readonly reason: string }
  /** The stream could not write, for a reason that may pass or not. */
  | { readonly type: "store-failed"; readonly stream: string; readonly reason: string }
  /** The stream, the account or the server has no room left: nothing more will be stored until somebody makes some. */
  | { readonly type: "full"; readonly stream: string; readonly reason: string };

interface Reply {
  readonly stream?: string;
  readonly duplicate?: boolean;
  readonly error?: { readonly code: number; readonly err_code: number; readonly description: string };
}

/** Status of the server's own reply where nobody listens on a subject. */
const NO_RESPONDERS = 503;
/** JetStream API errors for want of room: account limits, server limits, storage, memory. Source: errors.json of nats-server. */
const NO_ROOM = new Set([10_002, 10_023, 10_047, 10_028]);
/** JetStream API error: the message could not be stored; only the description says why. */
const STORE_FAILED = 10_077;
/** JetStream API status for a request that clients may not repeat. */
const INSUFFICIENT_RESOURCES = 507;

/** Reads the reply to a published message. */
export function readAcknowledgement(reply: Msg): Acknowledgement {
  if (reply.headers?.code === NO_RESPONDERS) return { type: "unheard" };
  const parsed = parse(reply);
  if (!parsed) return { type: "refused", reason: "something that is not JetStream answered" };
  const { duplicate, error, stream = "" } = parsed;
  if (!error) return { type: duplicate === true ? "duplicate" : "stored" };
  const { code, description: reason, err_code: errorCode } = error;
  if (NO_ROOM.has(errorCode)) return { type: "full", stream, reason };
  if (errorCode === STORE_FAILED) return storeFailure(stream, reason);
  return code >= 500 && code !== INSUFFICIENT_RESOURCES ? { type: "not-now", reason } : { type: "refused", reason };
}

/** The texts are nats-server's (server/store.go). */
function storeFailure(stream: string, reason: string): Acknowledgement {
  if (/^maximum (messages|bytes) exceeded|no space left/i.test(reason)) return { type: "full", stream, reason };
  if (/maximum messages per subject|message to{1,2} large/i.test(reason)) return { type: "refused", reason };
  return { type: "store-failed", stream, reason };
}

function parse(reply: Msg): Reply | undefined {
  try {
    return JSON.parse(reply.string()) as Reply;
  } catch {
    return undefined;
  }
}
