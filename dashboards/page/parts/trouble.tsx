import type { Problem } from "../api/problem.ts";

/** Says what went wrong, where the answer would stand. */
export function Trouble({ problem }: { readonly problem: Problem | undefined }) {
  return problem === undefined ? null : (
    <p class="trouble" role="alert">
      {problem.message}
    </p>
  );
}
