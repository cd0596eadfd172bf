/**
 * Asks once for all who ask while an answer is on its way, or no later than so long after it was asked for: a page of a dozen charts asks a dozen times at once. What it was then
 * must be as good now, as with "ingested until". That nobody knows is not kept.
 */
export function shared<Answer>(ask: () => Promise<Answer | undefined>, freshMs: number): () => Promise<Answer | undefined> {
  let last: { readonly answer: Promise<Answer | undefined>; until: number } | undefined;
  return () => {
    const now = performance.now();
    if (last && now <= last.until) return last.answer;
    const asked = { answer: ask(), until: Infinity };
    const settle = (answer?: Answer): void => {
      asked.until = answer === undefined ? -Infinity : now + freshMs;
    };
    asked.answer.then(settle, () => settle());
    last = asked;
    return asked.answer;
  };
}

/** How long an answer is good for the next question too, in milliseconds. */
export const FRESH_MS = 1_000;
