import type { Board } from "../api/wire.ts";
import { Select } from "../parts/select.tsx";
import { useStage } from "../parts/stage.ts";
import { boardOf } from "../state/panel-question.ts";
import { GRAIN_NAMES } from "../state/ranges.ts";
import { BoardPanel } from "./board/board-panel.tsx";

/** A dashboard that the project declares: the panels that Grafana has, with their answers. */
export function BoardView() {
  const { change, project, route } = useStage();
  const board = boardOf(route, project.dashboards);
  if (!board)
    return (
      <p class="empty">
        The project declares no dashboard &quot;{route.params["name"] ?? ""}&quot;: add it to the config with defineDashboard.
      </p>
    );
  const { by = "", grain = "" } = route.params;
  return (
    <>
      <div class="view-head">
        <h2 class="name">{board.title}</h2>
        <div class="row">
          <Select
            label="Trends by"
            value={by}
            options={[{ value: "", label: "as declared" }, ...dimensionsOf(board, project.metrics)]}
            onChange={(chosen) => change({ by: chosen })}
          />
          <Select
            label="Bucket"
            value={grain}
            options={[{ value: "", label: board.grain === "auto" ? "what fits" : board.grain }, ...GRAIN_NAMES]}
            onChange={(chosen) => change({ grain: chosen })}
          />
        </div>
      </div>
      {board.description !== undefined && <p class="muted">{board.description}</p>}
      {board.rows.map(({ panels, title }) => (
        <section aria-label={title} key={title}>
          <h3>{title}</h3>
          <div class="board">
            {panels.map((panel) => (
              <BoardPanel board={board} panel={panel} key={panel.title} />
            ))}
          </div>
        </section>
      ))}
    </>
  );
}

/** What the trends of a dashboard can be grouped by. */
function dimensionsOf(
  { rows }: Board,
  metrics: readonly { readonly name: string; readonly dimensions: readonly string[] }[],
): readonly string[] {
  const drawn = rows.flatMap(({ panels }) => panels).filter(({ show }) => show === "trend");
  const shown = metrics.filter(({ name }) => drawn.some(({ request }) => request["metric"] === name));
  return [...new Set(shown.flatMap(({ dimensions }) => dimensions))].sort();
}
