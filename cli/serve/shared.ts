/** How long one answer serves all who ask. */
const FRESH_MS = 1_000;

/**
 * Asks once for all who ask within a second: a page of a dozen charts asks a dozen times at once. What it was a moment ago must be as true now, as with
 * "ingested until".
 */
export function shared<Answer>(ask: () => Promise<Answer>): () => Promise<Answer> {
  let last: { readonly at: number; readonly answer: Promise<Answer> } | undefined;
  return () => {
    const now = performance.now();
    if (!last || now - last.at > FRESH_MS) last = { at: now, answer: ask() };
    return last.answer;
  };
}
