import { useAnswer } from "../api/use-answer.ts";
import type { EventExtent } from "../api/wire.ts";
import { Select } from "../parts/select.tsx";
import { useStage } from "../parts/stage.ts";
import { MetricCard } from "./metric-card.tsx";

/** All metrics of the project. */
export function Overview() {
  const { change, project, route } = useStage();
  const dimensions = [...new Set(project.metrics.flatMap((metric) => metric.dimensions))].sort();
  return (
    <>
      <div class="view-head">
        <h2>Overview</h2>
        <Select
          label="Group by"
          value={route.params["by"] ?? ""}
          options={[{ value: "", label: "nothing" }, ...dimensions]}
          onChange={(by) => change({ by })}
        />
      </div>
      <EmptyRange />
      {project.metrics.length === 0 && <p class="empty">The project declares no metrics yet: add one to the config with defineMetric.</p>}
      <div class="cards">
        {project.metrics.map((metric) => (
          <MetricCard metric={metric} key={metric.name} />
        ))}
      </div>
    </>
  );
}

/** Says where the events lie, if they all lie before the last weeks: an import of history looks empty otherwise. */
function EmptyRange() {
  const { change, route } = useStage();
  const { answer } = useAnswer<EventExtent | null>(
    route.params["from"] === undefined && route.params["range"] === undefined ? "extent" : undefined,
  );
  if (answer === null)
    return (
      <p class="notice">
        There are no events yet. Publish some: <code>hydrograph publish events.ndjson</code>
      </p>
    );
  if (!answer || Date.now() - Date.parse(answer.last) < 7 * 86_400_000) return null;
  return (
    <p class="notice">
      The events lie between {answer.first.slice(0, 10)} and {answer.last.slice(0, 10)}.{" "}
      <button type="button" onClick={() => change({ from: answer.first, to: nextSecond(answer.last) })}>
        Show all of them
      </button>
    </p>
  );
}

/** Ranges are half-open. */
function nextSecond(time: string): string {
  return new Date(Date.parse(time) + 1_000).toISOString();
}
