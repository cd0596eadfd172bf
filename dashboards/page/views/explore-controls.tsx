import type { Metric } from "../api/wire.ts";
import { Select } from "../parts/select.tsx";
import { useStage } from "../parts/stage.ts";
import { GRAIN_NAMES } from "../state/ranges.ts";

interface Props {
  readonly metric: Metric;
  /** Names of the metric's values, once they are known. */
  readonly outputs: readonly string[];
}

const none = (label: string): { value: string; label: string } => ({ value: "", label });

const WINDOWS = [
  none("none"),
  { value: "average 7", label: "mean of 7" },
  { value: "average 24", label: "mean of 24" },
  { value: "rolling 7", label: "7 together" },
  { value: "rolling 24", label: "24 together" },
  { value: "cumulative", label: "cumulative" },
];
const TRANSFORMS = [
  none("values"),
  { value: "difference", label: "difference" },
  { value: "growth", label: "growth in %" },
  { value: "rate", label: "rate per second" },
];

/** What may be asked of a metric. */
export function ExploreControls({ metric, outputs }: Props) {
  const { change, project, route } = useStage();
  const { by = "", compare = "", fill = "", grain = "", output = "", transform = "", where = "", window = "" } = route.params;
  const set = (name: string) => (value: string) => change({ [name]: value });
  return (
    <form class="controls" onSubmit={(event) => event.preventDefault()}>
      <Select
        label="Metric"
        value={metric.name}
        options={project.metrics.map(({ name }) => name)}
        onChange={(name) => change({ metric: name, by: "", where: "", output: "" })}
      />
      <Select label="Group by" value={by} options={[none("nothing"), ...metric.dimensions]} onChange={set("by")} />
      {by !== "" && outputs.length > 1 && (
        <Select label="Value" value={output || (outputs[0] ?? "")} options={outputs} onChange={set("output")} />
      )}
      <Select label="Bucket" value={grain} options={[none("what fits"), ...GRAIN_NAMES]} onChange={set("grain")} />
      <Select label="Window" value={window} options={WINDOWS} onChange={set("window")} />
      <Select label="Show" value={transform} options={TRANSFORMS} onChange={set("transform")} />
      <Select
        label="Compare with"
        value={compare}
        options={[none("nothing"), { value: "previous", label: "the time before" }, "day", "week", "month", "year"]}
        onChange={set("compare")}
      />
      <Select
        label="Empty buckets"
        value={fill}
        options={[none("as measured"), "none", "zero", "previous", "linear"]}
        onChange={set("fill")}
      />
      <label class="field wide">
        <span>Only where</span>
        <input
          key={where}
          type="text"
          defaultValue={where}
          placeholder="country=DE,AT; device!=null"
          spellcheck={false}
          onChange={({ currentTarget }) => change({ where: currentTarget.value })}
        />
      </label>
    </form>
  );
}
