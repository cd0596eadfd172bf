import type { Checkpoint } from "../lane/checkpoint.ts";

/** A claim that is renewed. */
export interface Renewal {
  /** Aborts when the claim is lost. */
  readonly lost: AbortSignal;
  readonly stop: () => void;
}

/** Renews a claim as a lane's worker does, until it is stopped. */
export function keepRenewed(checkpoint: Checkpoint, leaseMs: number): Renewal {
  const lost = new AbortController();
  const renew = async (): Promise<void> => {
    if (checkpoint.age < leaseMs / 4) return;
    try {
      await checkpoint.write((value) => value);
    } catch (error) {
      lost.abort(error);
    }
  };
  const timer = setInterval(() => void renew(), leaseMs / 3);
  return { lost: lost.signal, stop: () => clearInterval(timer) };
}
