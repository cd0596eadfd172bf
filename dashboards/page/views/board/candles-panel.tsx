import { useMemo } from "preact/hooks";
import type { Candles } from "../../api/wire.ts";
import { CandleChart } from "../../charts/candle-chart.tsx";
import { Select } from "../../parts/select.tsx";
import { useStage } from "../../parts/stage.ts";
import { zoomWith } from "../../parts/zoom.ts";
import { Empty } from "./empty.tsx";

interface Props {
  readonly answer: Candles;
  readonly title: string;
  readonly unit: string | undefined;
}

/** Prices of one instrument at a time. */
export function CandlesPanel({ answer, title, unit }: Props) {
  const { change, route, zone } = useStage();
  const instruments = useMemo(() => [...new Set(answer.candles.map(({ instrument }) => String(instrument)))], [answer]);
  const chosen = instruments.find((name) => name === route.params["instrument"]) ?? instruments[0];
  const candles = useMemo(() => answer.candles.filter(({ instrument }) => String(instrument) === chosen), [answer, chosen]);
  if (chosen === undefined) return <Empty />;
  return (
    <>
      <div class="row">
        <Select label="Instrument" value={chosen} options={instruments} onChange={(instrument) => change({ instrument })} />
      </div>
      {candles.some(({ close }) => close !== null) ? (
        <CandleChart candles={candles} label={`${title} of ${chosen}`} zone={zone} unit={unit} onZoom={zoomWith(change)} />
      ) : (
        <Empty>Nothing was traded in this range.</Empty>
      )}
    </>
  );
}
