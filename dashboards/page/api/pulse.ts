import { createContext } from "preact";
import { useContext, useEffect, useState } from "preact/hooks";
import { askNow, isQuiet } from "./ask.ts";
import { toProblem, type Problem } from "./problem.ts";

/** Whether what is shown is what there is. */
export interface Pulse {
  /** Grows when answers may have changed. */
  readonly beat: number;
  /** Why nothing new can be shown; undefined = all is well. */
  readonly problem: Problem | undefined;
}

/** The pulse of the page. */
export const PulseContext = createContext<Pulse>({ beat: 0, problem: undefined });

/** What the page asks again when a project is quiet, in milliseconds: open buckets end, and ages grow. */
const QUIET_MS = 15_000;
const AWAY_MS = 2_000;

/**
 * Looks every so often how far the log is in ClickHouse, and beats when it went on. While the server is away it keeps looking, and beats when it is back.
 * @param everySeconds 0 = not at all
 */
export function useHeart(everySeconds: number): Pulse {
  const [pulse, setPulse] = useState<Pulse>({ beat: 0, problem: undefined });
  useEffect(() => {
    const stop = new AbortController();
    let known = "";
    let beatenAt = 0;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const look = async (): Promise<void> => {
      let isAway = false;
      try {
        const seen = JSON.stringify(await askNow("watermark", undefined, stop.signal));
        // A page that is still busy with the last beat would only fall behind.
        const isDue = (seen !== known || performance.now() - beatenAt > QUIET_MS) && (isQuiet() || known === "");
        setPulse(({ beat, problem }) => {
          if (!isDue && problem === undefined) return { beat, problem };
          beatenAt = performance.now();
          return { beat: beat + 1, problem: undefined };
        });
        if (isDue) known = seen;
      } catch (error) {
        if (stop.signal.aborted) return;
        isAway = true;
        setPulse(({ beat }) => ({ beat, problem: toProblem(error) }));
      }
      if (isAway) timer = setTimeout(() => void look(), AWAY_MS);
      else if (everySeconds > 0) timer = setTimeout(() => void look(), everySeconds * 1_000);
    };
    void look();
    return () => {
      stop.abort();
      clearTimeout(timer);
    };
  }, [everySeconds]);
  return pulse;
}

/** The pulse, in any part of the page. */
export function usePulse(): Pulse {
  return useContext(PulseContext);
}
