import type { SessionsAnswer } from "../behaviour/sessions-request.ts";
import { numbers, texts, type Columns } from "./columns.ts";

/** A row for each class of both distributions; lengths in seconds. */
export function sessionsColumns({ depths, lengths }: SessionsAnswer): Columns {
  const rows = [...lengths.map((each) => ({ ...each, of: "length" })), ...depths.map((each) => ({ ...each, of: "depth" }))];
  return {
    of: texts(rows.map(({ of }) => of)),
    from: numbers(rows.map(({ from }) => from)),
    below: numbers(rows.map(({ below }) => below)),
    sessions: numbers(rows.map(({ sessions }) => sessions)),
  };
}
