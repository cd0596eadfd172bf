import { setTimeout as sleep } from "node:timers/promises";
import type { Engine, EngineSession } from "./engine.ts";
import { EngineError } from "./engine-error.ts";
import type { EndpointRequest } from "./request.ts";

const ignore = (): void => undefined;

/** How long a request waits for a session that is being given back. */
const GRACE_MS = 200;

interface KeptSession {
  readonly session: EngineSession;
  /** Settles when the statement under way has given the session back; undefined while there is none. */
  busy: Promise<void> | undefined;
  expiry: NodeJS.Timeout | undefined;
}

/** Sessions by `session_id`: temporary tables and SET last from request to request until `session_timeout` seconds without one. */
export class SessionRegistry {
  readonly #engine: Engine;
  readonly #kept = new Map<string, KeptSession>();

  constructor(engine: Engine) {
    this.#engine = engine;
  }

  /**
   * Runs `work` in the request's session, or in a fresh one that is closed afterwards.
   *
   * @throws EngineError 373 if the session is busy, 372 if it must exist and does not
   */
  async use<T>(wanted: EndpointRequest["session"], work: (session: EngineSession) => Promise<T>): Promise<T> {
    if (!wanted) {
      const session = this.#engine.openSession();
      return work(session).finally(() => session.close());
    }
    await this.#untilFree(wanted.id);
    const kept = this.#claim(wanted);
    const running = work(kept.session).finally(() => this.#giveBack(wanted, kept));
    kept.busy = running.then(ignore, ignore);
    return running;
  }

  /** A client that has read an answer to its end may ask again before this side has tidied up behind it: that is no concurrent client. */
  async #untilFree(id: string): Promise<void> {
    const busy = this.#kept.get(id)?.busy;
    if (busy) await Promise.race([busy, sleep(GRACE_MS, undefined, { ref: false })]);
  }

  #claim(wanted: NonNullable<EndpointRequest["session"]>): KeptSession {
    const existing = this.#kept.get(wanted.id);
    if (existing?.busy) throw new EngineError(373, "SESSION_IS_LOCKED", `Session ${wanted.id} is locked by a concurrent client`);
    if (!existing && wanted.mustExist) throw new EngineError(372, "SESSION_NOT_FOUND", `Session ${wanted.id} not found`);
    const kept = existing ?? { session: this.#engine.openSession(), busy: undefined, expiry: undefined };
    clearTimeout(kept.expiry);
    this.#kept.set(wanted.id, kept);
    return kept;
  }

  #giveBack(wanted: NonNullable<EndpointRequest["session"]>, kept: KeptSession): void {
    kept.busy = undefined;
    kept.expiry = setTimeout(() => {
      this.#kept.delete(wanted.id);
      kept.session.close();
    }, wanted.timeoutSeconds * 1000);
    kept.expiry.unref();
  }

  /** Closes all kept sessions. */
  close(): void {
    for (const { session, expiry } of this.#kept.values()) {
      clearTimeout(expiry);
      session.close();
    }
    this.#kept.clear();
  }
}
