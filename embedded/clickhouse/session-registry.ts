import type { Engine, EngineSession } from "./engine.ts";
import { EngineError } from "./engine-error.ts";
import type { EndpointRequest } from "./request.ts";

interface KeptSession {
  readonly session: EngineSession;
  busy: boolean;
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
    const kept = this.#claim(wanted);
    return work(kept.session).finally(() => this.#giveBack(wanted, kept));
  }

  #claim(wanted: NonNullable<EndpointRequest["session"]>): KeptSession {
    const existing = this.#kept.get(wanted.id);
    if (existing?.busy) throw new EngineError(373, "SESSION_IS_LOCKED", `Session ${wanted.id} is locked by a concurrent client`);
    if (!existing && wanted.mustExist) throw new EngineError(372, "SESSION_NOT_FOUND", `Session ${wanted.id} not found`);
    const kept = existing ?? { session: this.#engine.openSession(), busy: false, expiry: undefined };
    clearTimeout(kept.expiry);
    kept.busy = true;
    this.#kept.set(wanted.id, kept);
    return kept;
  }

  #giveBack(wanted: NonNullable<EndpointRequest["session"]>, kept: KeptSession): void {
    kept.busy = false;
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
