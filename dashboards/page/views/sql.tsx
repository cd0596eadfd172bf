import { useRef, useState } from "preact/hooks";
import { ask } from "../api/ask.ts";
import { toProblem, type Problem } from "../api/problem.ts";
import type { SqlAnswer } from "../api/wire.ts";
import { DataTable } from "../parts/data-table.tsx";
import { useStage } from "../parts/stage.ts";
import { Trouble } from "../parts/trouble.tsx";
import { showNumber, showSeconds } from "../show/numbers.ts";

const EXAMPLE = "SELECT type, count() AS events, min(time) AS first, max(time) AS last\nFROM events\nGROUP BY type\nORDER BY events DESC";

/** SQL of one's own, which only reads. */
export function Sql() {
  const { change, route } = useStage();
  const [answer, setAnswer] = useState<SqlAnswer | undefined>(undefined);
  const [problem, setProblem] = useState<Problem | undefined>(undefined);
  const [running, setRunning] = useState<AbortController | undefined>(undefined);
  const run = (sql: string): void => {
    const stop = new AbortController();
    change({ sql });
    setRunning(stop);
    setProblem(undefined);
    void ask<SqlAnswer>("sql", { sql }, stop.signal)
      .then(setAnswer, (error: unknown) => {
        setAnswer(undefined);
        if (!stop.signal.aborted) setProblem(toProblem(error));
      })
      .finally(() => setRunning(undefined));
  };
  return (
    <>
      <div class="view-head">
        <h2>SQL</h2>
      </div>
      <p class="muted">
        One statement that only reads, in ClickHouse’s SQL: at most 1,000 rows and 30 seconds. Fields of an event are data.name.
      </p>
      <Statement initial={route.params["sql"] ?? EXAMPLE} onRun={run} onStop={running && (() => running.abort())} />
      <Trouble problem={problem} />
      {answer && <Answer answer={answer} />}
    </>
  );
}

interface StatementProps {
  readonly initial: string;
  readonly onRun: (sql: string) => void;
  /** There is one while a statement runs. */
  readonly onStop: (() => void) | undefined;
}

function Statement({ initial, onRun, onStop }: StatementProps) {
  const box = useRef<HTMLTextAreaElement>(null);
  const run = (event: Event): void => {
    event.preventDefault();
    if (!onStop) onRun(box.current?.value ?? "");
  };
  return (
    <form onSubmit={run}>
      <label>
        <span class="unseen">Statement</span>
        <textarea
          ref={box}
          rows={8}
          spellcheck={false}
          defaultValue={initial}
          onKeyDown={(event) => (event.key === "Enter" && (event.ctrlKey || event.metaKey) ? run(event) : undefined)}
        />
      </label>
      <div class="row">
        <button type="submit" class="primary" disabled={onStop !== undefined}>
          Run
        </button>
        {onStop && (
          <button type="button" onClick={onStop}>
            Stop
          </button>
        )}
        <span class="muted">Ctrl+Enter runs it too.</span>
      </div>
    </form>
  );
}

function Answer({ answer: { columns, rows, statistics } }: { readonly answer: SqlAnswer }) {
  return (
    <>
      <p class="muted" role="status">
        {showNumber(rows.length)} rows; {showNumber(statistics.rows_read)} read in {showSeconds(statistics.elapsed)}.
      </p>
      <DataTable
        caption="Answer"
        columns={columns.map(({ name, type }) => ({ name, isNumber: /^(Nullable\()?(U?Int|Float|Decimal)/.test(type) }))}
        rows={rows.map((row) => row.map(showCell))}
      />
    </>
  );
}

/** A value of an answer as text; what is text is as it is. */
function showCell(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}
