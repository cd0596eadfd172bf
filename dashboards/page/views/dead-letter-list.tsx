import { useState } from "preact/hooks";
import { useAnswer } from "../api/use-answer.ts";
import type { DeadLetters, SetAside } from "../api/wire.ts";
import { DataTable } from "../parts/data-table.tsx";
import { useStage } from "../parts/stage.ts";
import { Trouble } from "../parts/trouble.tsx";
import { showBytes, showNumber } from "../show/numbers.ts";

/** The dead letters that are open: by reason, one reason's letters, one letter with its bytes. */
export function DeadLetterList() {
  const { change, route } = useStage();
  const { reason = "" } = route.params;
  const { answer, problem } = useAnswer<DeadLetters>("dead-letters", reason === "" ? {} : { reason });
  const [opened, open] = useState<{ stream: string; seq: number; epoch: number } | undefined>(undefined);
  return (
    <section aria-labelledby="letters">
      <h3 id="letters">Dead letters{reason === "" ? "" : `: ${reason}`}</h3>
      <Trouble problem={problem} />
      {reason !== "" && (
        <button type="button" onClick={() => change({ reason: "" })}>
          All reasons
        </button>
      )}
      {answer?.groups.length === 0 && <p class="empty">None is open.</p>}
      {answer && answer.groups.length > 0 && reason === "" && (
        <DataTable
          caption="Dead letters by reason"
          columns={[
            { name: "reason" },
            { name: "stream" },
            { name: "stage" },
            { name: "letters", isNumber: true },
            { name: "what is wrong" },
            { name: "newest" },
          ]}
          rows={answer.groups.map(({ detail, last_stored, letters, reason: name, stage, stream }) => [
            <button type="button" class="link" onClick={() => change({ reason: name })}>
              {name}
            </button>,
            stream,
            stage,
            showNumber(letters),
            detail,
            last_stored.slice(0, 19),
          ])}
        />
      )}
      {answer && reason !== "" && (
        <DataTable
          caption={`The newest dead letters of reason ${reason}`}
          columns={[{ name: "message" }, { name: "stored" }, { name: "subject" }, { name: "what is wrong" }]}
          rows={answer.letters.map(({ detail, epoch, idx, seq, stored_at, stream, subject }) => [
            <button type="button" class="link" onClick={() => open({ stream, seq, epoch })}>
              {stream} {seq}
              {idx === 0 ? "" : `/${idx}`}
            </button>,
            stored_at.slice(0, 19),
            subject,
            detail,
          ])}
        />
      )}
      {opened && <Letter {...opened} onClose={() => open(undefined)} />}
    </section>
  );
}

interface LetterProps {
  readonly stream: string;
  readonly seq: number;
  readonly epoch: number;
  readonly onClose: () => void;
}

function Letter({ epoch, onClose, seq, stream }: LetterProps) {
  const { answer, problem } = useAnswer<SetAside>("dead-letter", { stream, seq, epoch });
  return (
    <article class="card letter" aria-label={`Dead letter ${stream} ${seq}`}>
      <header>
        <h4>
          Message {seq} of {stream}
        </h4>
        <button type="button" onClick={onClose}>
          Close
        </button>
      </header>
      <Trouble problem={problem} />
      {answer && (
        <>
          {answer.letters.map(({ detail, idx, reason, state }) => (
            <p key={idx}>
              Event {idx}: {detail}{" "}
              <span class="muted">
                ({reason}, {state})
              </span>
            </p>
          ))}
          <p class="muted">
            {showBytes(answer.bytes)}
            {answer.payload.encoding === "base64" ? ", in base64, as it is no text" : ""}
            {answer.payload.cut ? ", the beginning" : ""}
          </p>
          <pre tabIndex={0}>{answer.payload.text}</pre>
          <p class="command">
            After mending the cause:{" "}
            <code>
              hydrograph dlq replay --stream {stream} --seq {seq}
            </code>
          </p>
        </>
      )}
    </article>
  );
}
