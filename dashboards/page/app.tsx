import type { JSX } from "preact";
import { PulseContext, useHeart, type Pulse } from "./api/pulse.ts";
import { useAnswer } from "./api/use-answer.ts";
import type { Project } from "./api/wire.ts";
import { StageContext } from "./parts/stage.ts";
import { TokenForm } from "./parts/token-form.tsx";
import { DEFAULT_EVERY, TopBar } from "./parts/top-bar.tsx";
import { Trouble } from "./parts/trouble.tsx";
import { useRoute, type ChangeRoute, type Route, type View } from "./state/route.ts";
import { ThemeContext, useTheme } from "./state/theme.ts";
import { boardOf } from "./state/panel-question.ts";
import { BoardView } from "./views/board.tsx";
import { Entity } from "./views/entity.tsx";
import { Explore } from "./views/explore.tsx";
import { Health } from "./views/health.tsx";
import { Overview } from "./views/overview.tsx";
import { Sql } from "./views/sql.tsx";

const VIEW_OF: Readonly<Record<View, () => JSX.Element>> = {
  overview: Overview,
  board: BoardView,
  explore: Explore,
  health: Health,
  entity: Entity,
  sql: Sql,
};

/** The live page: the project's metrics, its pipeline and its entities, as they are now. */
export function App() {
  const [route, change] = useRoute();
  const pulse = useHeart(Number(route.params["every"] ?? DEFAULT_EVERY));
  if (pulse.problem?.status === 401 && pulse.beat === 0) return <TokenForm />;
  return (
    <PulseContext.Provider value={pulse}>
      <Page route={route} change={change} pulse={pulse} />
    </PulseContext.Provider>
  );
}

interface PageProps {
  readonly route: Route;
  readonly change: ChangeRoute;
  readonly pulse: Pulse;
}

function Page({ change, pulse, route }: PageProps) {
  const [theme, setTheme] = useTheme();
  const { answer: project, problem } = useAnswer<Project>("project");
  if (!project) return <main>{problem ? <Trouble problem={problem} /> : <p class="muted">Loading …</p>}</main>;
  const ViewShown = VIEW_OF[route.view];
  const board = boardOf(route, project.dashboards);
  const subject = board?.title ?? route.params["entity"] ?? route.params["metric"] ?? route.view;
  document.title = `${project.name}: ${subject} · hydrograph`;
  return (
    <ThemeContext.Provider value={theme}>
      <StageContext.Provider value={{ project, route, change, zone: route.params["zone"] || (board?.timezone ?? project.timezone) }}>
        <button type="button" class="skip" onClick={() => document.querySelector<HTMLElement>("#main")?.focus()}>
          To the content
        </button>
        <TopBar pulse={pulse} theme={theme} onTheme={setTheme} />
        <main id="main" tabIndex={-1}>
          {pulse.problem && (
            <p class="notice away">{pulse.problem.message} What is shown is the last that was known; the page tries again by itself.</p>
          )}
          <ViewShown key={`${route.view} ${board?.name ?? ""}`} />
        </main>
      </StageContext.Provider>
    </ThemeContext.Provider>
  );
}
