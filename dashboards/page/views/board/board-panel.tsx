import type { JSX } from "preact";
import { useRef } from "preact/hooks";
import { useAnswer } from "../../api/use-answer.ts";
import type { Board, Candles, Funnel, Metric, Movers, Panel, Retention, Trend } from "../../api/wire.ts";
import { useStage } from "../../parts/stage.ts";
import { Trouble } from "../../parts/trouble.tsx";
import { useVisible } from "../../parts/use-visible.ts";
import { panelBody, panelWidth } from "../../state/panel-question.ts";
import { linkTo } from "../../state/route.ts";
import { CandlesPanel } from "./candles-panel.tsx";
import { FunnelPanel } from "./funnel-panel.tsx";
import { GroupsPanel } from "./groups-panel.tsx";
import { MoversPanel } from "./movers-panel.tsx";
import { RetentionPanel } from "./retention-panel.tsx";
import { StatPanel } from "./stat-panel.tsx";
import { TrendPanel } from "./trend-panel.tsx";

interface Props {
  readonly board: Board;
  readonly panel: Panel;
}

/** A panel of a dashboard: asked once it is on the screen, and again with each beat. */
export function BoardPanel({ board, panel }: Props) {
  const { project, route, zone } = useStage();
  const card = useRef<HTMLElement>(null);
  const isVisible = useVisible(card);
  const body = panelBody(panel, { board, route, zone, metrics: project.metrics }, Date.now());
  const { answer, isAsking, problem } = useAnswer<unknown>(isVisible ? panel.ask : undefined, body);
  const metric = project.metrics.find(({ name }) => name === panel.request["metric"]);
  const groups = body["groupBy"];
  const by = Array.isArray(groups) ? groups.join(",") : "";
  return (
    <article class={`card span-${spanOf(panel)} show-${panel.show}`} ref={card} aria-busy={isAsking && answer === undefined}>
      <h4 class="name" title={panel.description}>
        {metric ? <a href={linkTo(route, "explore", { metric: metric.name, by })}>{panel.title}</a> : panel.title}
      </h4>
      <Trouble problem={problem} />
      {answer !== undefined && <Drawn panel={panel} answer={answer} metric={metric} />}
      {answer === undefined && !problem && <div class="skeleton" />}
    </article>
  );
}

/** Quarters of the page's width. */
function spanOf(panel: Panel): number {
  return Math.min(4, Math.max(1, Math.ceil(panelWidth(panel) / 6)));
}

interface DrawnProps {
  readonly panel: Panel;
  readonly answer: unknown;
  readonly metric: Metric | undefined;
}

/** The answer of a panel is that of its question. */
function Drawn({ answer, metric, panel }: DrawnProps): JSX.Element {
  const unit = metric?.unit;
  switch (panel.show) {
    case "trend":
      return <TrendPanel answer={answer as Trend} title={panel.title} unit={unit} />;
    case "stat":
      return <StatPanel answer={answer as Trend} unit={unit} bad={panel.bad} />;
    case "top":
    case "table":
      return <GroupsPanel answer={answer as Trend} title={panel.title} unit={unit} hasBars={panel.show === "top"} />;
    case "movers":
      return <MoversPanel answer={answer as Movers} title={panel.title} unit={unit} />;
    case "funnel":
      return <FunnelPanel answer={answer as Funnel} title={panel.title} />;
    case "retention":
      return <RetentionPanel answer={answer as Retention} title={panel.title} />;
    case "candles":
      return <CandlesPanel answer={answer as Candles} title={panel.title} unit={panel.unit} />;
  }
}
