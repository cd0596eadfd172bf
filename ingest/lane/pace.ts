import { setTimeout as sleep } from "node:timers/promises";

/**
 * A limit that all lanes of a worker share: whoever asks for `messages` waits until those before it have had their time. The first batch goes at once.
 * @param rate messages a second
 * @param signal ends every wait: what is in hand may then drain
 */
export function createPace(rate: number, signal: AbortSignal): (messages: number) => Promise<void> {
  let free = 0;
  return async (messages) => {
    const now = performance.now();
    const turn = Math.max(now, free);
    free = turn + (messages / rate) * 1_000;
    if (turn > now && !signal.aborted) await sleep(turn - now, undefined, { signal }).catch(() => undefined);
  };
}
