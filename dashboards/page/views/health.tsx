import { useMemo } from "preact/hooks";
import { useAnswer } from "../api/use-answer.ts";
import type { IngestHealth, Lane } from "../api/wire.ts";
import type { ChartData } from "../charts/chart-data.ts";
import { TimeChart } from "../charts/time-chart.tsx";
import { DataTable } from "../parts/data-table.tsx";
import { useStage } from "../parts/stage.ts";
import { Trouble } from "../parts/trouble.tsx";
import { zoomWith } from "../parts/zoom.ts";
import { shortNumber, showBytes, showNumber, showSeconds } from "../show/numbers.ts";
import { rangeOf } from "../state/ranges.ts";
import { DeadLetterList } from "./dead-letter-list.tsx";

/** Whether everything arrives, how fresh it is, and what was set aside. */
export function Health() {
  const { route, zone } = useStage();
  const lanes = useAnswer<readonly Lane[]>("status");
  const health = useAnswer<IngestHealth>("ingest-health", { ...rangeOf(route), timezone: zone });
  return (
    <>
      <div class="view-head">
        <h2>Pipeline health</h2>
      </div>
      <Trouble problem={lanes.problem} />
      {lanes.answer && <Lanes lanes={lanes.answer} />}
      <Trouble problem={health.problem} />
      {health.answer && <Ledger health={health.answer} />}
      <DeadLetterList />
    </>
  );
}

/** States in which a lane needs nobody. */
const WELL = new Set(["running", "claimed"]);

function Lanes({ lanes }: { readonly lanes: readonly Lane[] }) {
  return (
    <section aria-labelledby="lanes">
      <h3 id="lanes">Lanes</h3>
      <DataTable
        caption="What each lane does"
        columns={[
          { name: "stream" },
          { name: "state" },
          { name: "committed", isNumber: true },
          { name: "waiting", isNumber: true },
          { name: "behind", isNumber: true },
          { name: "rate", isNumber: true },
          { name: "worker" },
        ]}
        rows={lanes.map(({ committed, lagMessages, lagSeconds, owner, rate, reason, state, stream }) => [
          stream,
          <span class={WELL.has(state) ? "badge good" : "badge bad"} title={reason ?? undefined}>
            {state}
            {reason === null ? "" : `: ${reason}`}
          </span>,
          known(committed),
          known(lagMessages),
          showSeconds(lagSeconds),
          rate === null ? "unknown" : `${showNumber(rate)}/s`,
          owner ?? "nobody",
        ])}
      />
    </section>
  );
}

function known(value: number | null): string {
  return value === null ? "unknown" : showNumber(value);
}

function Ledger({ health }: { readonly health: IngestHealth }) {
  const { change, zone } = useStage();
  const { bucketSeconds, buckets, faults, totals } = health;
  const slowest = buckets.reduce<number | null>(
    (most, { slowestSeconds }) => (slowestSeconds === null ? most : Math.max(most ?? 0, slowestSeconds)),
    null,
  );
  const rate = useMemo(() => lineOf(health, "events a second", ({ eventRows }) => eventRows / bucketSeconds), [health]);
  const freshness = useMemo(() => lineOf(health, "slowest batch", ({ slowestSeconds }) => slowestSeconds), [health]);
  return (
    <section aria-labelledby="ledger">
      <h3 id="ledger">Ledger</h3>
      <dl class="tiles">
        <Tile name="messages" value={shortNumber(totals.received)} />
        <Tile name="events" value={shortNumber(totals.eventRows)} />
        <Tile name="dead letters" value={shortNumber(totals.deadLettered)} isBad={totals.deadLettered > 0} />
        <Tile name="duplicates" value={shortNumber(totals.duplicates)} />
        <Tile name="gone unread" value={shortNumber(totals.missing)} isBad={totals.missing > 0} />
        <Tile name="payload" value={showBytes(totals.bytes)} />
        <Tile name="slowest to arrive" value={totals.batches === 0 ? "–" : showSeconds(slowest)} />
        <Tile name="books" value={faults === 0 ? "balance" : `${faults} faults`} isBad={faults > 0} />
      </dl>
      <div class="cards two">
        <article class="card">
          <h4>Events ingested a second</h4>
          <TimeChart data={rate} label="Events ingested a second" zone={zone} height={150} onZoom={zoomWith(change)} />
        </article>
        <article class="card">
          <h4>From stored to queryable, seconds</h4>
          <TimeChart
            data={freshness}
            label="Seconds from stored to queryable, of the slowest batch"
            zone={zone}
            height={150}
            onZoom={zoomWith(change)}
          />
        </article>
      </div>
    </section>
  );
}

function Tile({ isBad = false, name, value }: { readonly name: string; readonly value: string; readonly isBad?: boolean }) {
  return (
    <div class={isBad ? "tile bad" : "tile"}>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </div>
  );
}

function lineOf(
  { bucketSeconds, buckets, to }: IngestHealth,
  label: string,
  value: (bucket: IngestHealth["buckets"][number]) => number | null,
): ChartData {
  const ends = buckets.map(({ start }) => start / 1e3 + bucketSeconds * 1e3);
  return {
    starts: buckets.map(({ start }) => start / 1e3),
    ends,
    unsettled: ends.map((end) => (end > to / 1e3 ? "open" : undefined)),
    lines: [{ label, values: buckets.map(value) }],
  };
}
