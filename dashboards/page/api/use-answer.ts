import { useEffect, useRef, useState } from "preact/hooks";
import { ask } from "./ask.ts";
import { toProblem, type Problem } from "./problem.ts";
import { usePulse } from "./pulse.ts";

/** What is known of a question. */
export interface Answered<Answer> {
  /** The last answer to this question; while it is asked again it stays. */
  readonly answer: Answer | undefined;
  /** Why there is none, or none that is newer. */
  readonly problem: Problem | undefined;
  readonly isAsking: boolean;
}

/**
 * Asks a question, and again with each beat; an older one that is still under way is given up when the question changes.
 * @param path below `/v1/`; undefined = nothing is asked yet
 * @param body what is posted; undefined = something is read
 */
export function useAnswer<Answer>(path: string | undefined, body?: unknown): Answered<Answer> {
  const { beat } = usePulse();
  const key = path === undefined ? undefined : JSON.stringify([path, body]);
  const [state, setState] = useState<Answered<Answer> & { readonly key: string | undefined }>({ key, ...NOTHING });
  const busy = useRef<{ key: string; stop: AbortController } | undefined>(undefined);
  useEffect(() => {
    // A question that takes longer than a beat is not asked twice at a time.
    if (key === busy.current?.key) return;
    busy.current?.stop.abort();
    busy.current = undefined;
    if (path === undefined || key === undefined) return;
    const stop = new AbortController();
    busy.current = { key, stop };
    setState((before) => (before.key === key ? { ...before, isAsking: true } : { key, ...NOTHING, isAsking: true }));
    void ask<Answer>(path, body, stop.signal)
      .then(
        (answer) => setState({ key, answer, problem: undefined, isAsking: false }),
        (error: unknown) => {
          if (!stop.signal.aborted) setState((before) => ({ ...before, key, problem: toProblem(error), isAsking: false }));
        },
      )
      .finally(() => {
        if (busy.current?.stop === stop) busy.current = undefined;
      });
  }, [key, beat]);
  useEffect(() => () => busy.current?.stop.abort(), []);
  return state.key === key ? state : NOTHING;
}

const NOTHING = { answer: undefined, problem: undefined, isAsking: false } as const;
