import { useMemo } from "preact/hooks";
import type { Trend } from "../../api/wire.ts";
import { chartData } from "../../charts/chart-data.ts";
import { TimeChart } from "../../charts/time-chart.tsx";
import { Legend } from "../../parts/legend.tsx";
import { useStage } from "../../parts/stage.ts";
import { zoomWith } from "../../parts/zoom.ts";
import { Empty } from "./empty.tsx";

interface Props {
  readonly answer: Trend;
  readonly title: string;
  readonly unit: string | undefined;
}

/** A metric over time. */
export function TrendPanel({ answer, title, unit }: Props) {
  const { change, zone } = useStage();
  const data = useMemo(() => chartData(answer), [answer]);
  if (!data.lines.some(({ values }) => values.some((value) => value !== null))) {
    const isText = answer.rows.some(({ values }) => Object.values(values).some((value) => typeof value === "string"));
    return <Empty>{isText ? "The values are text: explore them as a table." : undefined}</Empty>;
  }
  return (
    <>
      <TimeChart data={data} label={title} zone={zone} unit={unit} height={210} onZoom={zoomWith(change)} />
      <Legend labels={data.lines.map(({ label }) => label)} />
    </>
  );
}
