import { useState } from "preact/hooks";
import { ask } from "../api/ask.ts";
import { toProblem, type Problem } from "../api/problem.ts";
import { useAnswer } from "../api/use-answer.ts";
import type { EntityHistory, HistoryEvent, RecentEntity } from "../api/wire.ts";
import { formText } from "../parts/form-text.ts";
import { useStage } from "../parts/stage.ts";
import { Trouble } from "../parts/trouble.tsx";
import { showNumber } from "../show/numbers.ts";
import { showSecond } from "../show/times.ts";
import { entityState } from "../state/entity-state.ts";
import { linkTo } from "../state/route.ts";

/** Everything that happened to one entity, and what was known of it after each event. */
export function Entity() {
  const { change, route } = useStage();
  const entity = route.params["entity"] ?? "";
  return (
    <>
      <div class="view-head">
        <h2>{entity === "" ? "Entity" : entity}</h2>
      </div>
      <form
        class="controls"
        role="search"
        onSubmit={(event) => {
          event.preventDefault();
          change({ entity: formText(event.currentTarget, "entity"), at: "" });
        }}
      >
        <label class="field wide">
          <span>Subject of its events</span>
          <input name="entity" key={entity} defaultValue={entity} placeholder="order-123" spellcheck={false} autocomplete="off" />
        </label>
        <button type="submit">Show</button>
      </form>
      {entity === "" ? <Recent /> : <History entity={entity} key={entity} />}
    </>
  );
}

function Recent() {
  const { route } = useStage();
  const { answer, problem } = useAnswer<readonly RecentEntity[]>("entities");
  return (
    <section>
      <h3>Lately</h3>
      <Trouble problem={problem} />
      {answer?.length === 0 && <p class="empty">No events yet.</p>}
      <ul class="plain">
        {answer?.map(({ entity, events, type }) => (
          <li key={entity}>
            <a href={linkTo(route, "entity", { entity })}>{entity}</a>{" "}
            <span class="muted">
              last {type}, {showNumber(events)} of the newest events
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
}

function History({ entity }: { readonly entity: string }) {
  const { change, route, zone } = useStage();
  const { answer, problem } = useAnswer<EntityHistory>("history", { entity });
  const [older, setOlder] = useState<readonly EntityHistory[]>([]);
  const [trouble, setTrouble] = useState<Problem | undefined>(undefined);
  const events = [...(answer?.events ?? []), ...older.flatMap((page) => page.events)];
  const last = older.at(-1) ?? answer;
  const chosen = events.findIndex((event) => keyOf(event) === route.params["at"]);
  const at = Math.max(0, chosen);
  const more = (): void => {
    void ask<EntityHistory>("history", { entity, before: last?.next }).then(
      (page) => setOlder((pages) => [...pages, page]),
      (error: unknown) => setTrouble(toProblem(error)),
    );
  };
  if (answer && events.length === 0) return <p class="empty">Nothing happened to “{entity}”: no event has it as its subject.</p>;
  return (
    <div class="history">
      <section aria-labelledby="events">
        <h3 id="events">Events, newest first</h3>
        <Trouble problem={problem ?? trouble} />
        <ol class="events" aria-label="Events">
          {events.map((event, index) => (
            <li key={keyOf(event)} aria-current={index === at ? "true" : undefined}>
              <button type="button" class="event" onClick={() => change({ at: keyOf(event) })}>
                <time dateTime={event.time}>{showSecond(Date.parse(event.time), zone)}</time>
                <b>{event.type}</b>
                <span class="muted">{lateness(event)}</span>
              </button>
            </li>
          ))}
        </ol>
        {last?.next && (
          <button type="button" onClick={more}>
            Older events
          </button>
        )}
      </section>
      {events[at] && <StateAt events={events.slice(at)} isWhole={last?.next === null} />}
    </div>
  );
}

function keyOf({ position: { epoch, idx, seq, stream } }: HistoryEvent): string {
  return `${stream}/${epoch}/${seq}/${idx}`;
}

/** Says so if an event was known more than a minute after it happened. */
function lateness({ knownAt, time }: HistoryEvent): string {
  const minutes = (Date.parse(knownAt) - Date.parse(time)) / 60_000;
  return minutes >= 1 ? `known ${showNumber(Math.round(minutes))} min later` : "";
}

/** @param events the event looked at, and those before it, newest first */
function StateAt({ events, isWhole }: { readonly events: readonly HistoryEvent[]; readonly isWhole: boolean }) {
  const { zone } = useStage();
  const [event] = events;
  if (!event) return null;
  const oldestFirst = events.toReversed();
  const state = entityState(oldestFirst.map(({ data }) => data));
  return (
    <section aria-labelledby="state">
      <h3 id="state">After {event.type}</h3>
      <p class="muted">
        {showSecond(Date.parse(event.time), zone)}: the last value of each field of {isWhole ? "all" : "the"} {showNumber(events.length)}{" "}
        events
        {isWhole ? "" : " that are shown"} up to here.
      </p>
      <div class="table-box" tabIndex={0} role="region" aria-label="State">
        <table>
          <tbody>
            {state.map(({ from, path, value }) => (
              <tr key={path} class={from === events.length - 1 ? "fresh" : undefined}>
                <th scope="row">{path}</th>
                <td>
                  <code>{value}</code>
                </td>
                <td class="muted">{oldestFirst[from]?.type}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <h4>The event itself</h4>
      <pre tabIndex={0}>
        {JSON.stringify(
          {
            id: event.id,
            source: event.source,
            version: event.version,
            ...event.position,
            enriched: raw(event.enriched),
            data: raw(event.data),
          },
          null,
          2,
        )}
      </pre>
    </section>
  );
}

/** For showing alone: integers beyond 2^53 lose digits here. */
function raw(text: string): unknown {
  return JSON.parse(text) as unknown;
}
