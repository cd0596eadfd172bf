import type { Pulse } from "../api/pulse.ts";
import type { Project } from "../api/wire.ts";
import { boardOf } from "../state/panel-question.ts";
import { defaultRange, RANGES } from "../state/ranges.ts";
import { linkTo, VIEWS, type View } from "../state/route.ts";
import type { Theme } from "../state/theme.ts";
import { Select } from "./select.tsx";
import { useStage } from "./stage.ts";

const NAMES: Readonly<Record<Exclude<View, "board">, string>> = {
  overview: "Overview",
  explore: "Explore",
  health: "Health",
  entity: "Entity",
  sql: "SQL",
};

interface Tab {
  readonly view: View;
  readonly name: string;
  /** Which dashboard of the project's own. */
  readonly board?: string;
}

/** The project's own dashboards stand beside the overview. */
function tabsOf({ dashboards }: Project): readonly Tab[] {
  return VIEWS.flatMap((view): readonly Tab[] =>
    view === "board" ? dashboards.map(({ name, title }) => ({ view, name: title, board: name })) : [{ view, name: NAMES[view] }],
  );
}

interface Props {
  readonly pulse: Pulse;
  readonly theme: Theme;
  readonly onTheme: (theme: Theme) => void;
}

/** Where one is, which time is shown, and whether it is live. */
export function TopBar({ onTheme, pulse, theme }: Props) {
  const { project, route } = useStage();
  return (
    <header class="top">
      <div class="brand">
        <img src="/favicon.svg" alt="" width="26" height="26" />
        <h1>{project.name}</h1>
      </div>
      <nav aria-label="Views">
        {tabsOf(project).map(({ board, name, view }) => (
          <a
            href={linkTo(route, view, board === undefined ? {} : { name: board })}
            aria-current={view === route.view && (board === undefined || board === route.params["name"]) ? "page" : undefined}
            class="name"
            key={`${view} ${board ?? ""}`}
          >
            {name}
          </a>
        ))}
      </nav>
      <TimeControls />
      <Live pulse={pulse} />
      <button
        type="button"
        class="icon"
        aria-label={`Change to ${theme === "dark" ? "light" : "dark"} colours`}
        onClick={() => onTheme(theme === "dark" ? "light" : "dark")}
      >
        {theme === "dark" ? "☀" : "☾"}
      </button>
    </header>
  );
}

const CUSTOM = "custom";
/** How often the page looks for news unless told, in seconds. */
export const DEFAULT_EVERY = "3";
const EVERY = [
  { value: DEFAULT_EVERY, label: "live" },
  { value: "15", label: "every 15 s" },
  { value: "60", label: "every minute" },
  { value: "0", label: "paused" },
];

function TimeControls() {
  const { change, project, route, zone } = useStage();
  const { every = DEFAULT_EVERY, from = "", range = defaultRange(route.view, boardOf(route, project.dashboards)), to = "" } = route.params;
  const isCustom = from !== "";
  const isRanged = route.view !== "entity" && route.view !== "sql";
  const zones = ["UTC", project.timezone, Intl.DateTimeFormat().resolvedOptions().timeZone, ...Intl.supportedValuesOf("timeZone")];
  const choose = (words: string): void => {
    if (words === CUSTOM) change({ from: new Date(Date.now() - 7 * 86_400_000).toISOString().slice(0, 10), to: "" });
    else change({ range: words, from: "", to: "" });
  };
  return (
    <div class="times">
      {isRanged && (
        <Select
          label="Range"
          value={isCustom ? CUSTOM : range}
          options={[...RANGES.map(({ label, words }) => ({ value: words, label })), { value: CUSTOM, label: "from … to …" }]}
          onChange={choose}
        />
      )}
      {isRanged && isCustom && (
        <>
          <Moment label="From" value={from} onChange={(value) => change({ from: value })} />
          <Moment label="To" value={to} onChange={(value) => change({ to: value })} />
        </>
      )}
      <Select label="Zone" value={zone} options={[...new Set(zones)]} onChange={(value) => change({ zone: value })} />
      <Select label="Refresh" value={every} options={EVERY} onChange={(value) => change({ every: value })} />
    </div>
  );
}

function Moment({
  label,
  onChange,
  value,
}: {
  readonly label: string;
  readonly value: string;
  readonly onChange: (value: string) => void;
}) {
  return (
    <label class="field">
      <span>{label}</span>
      <input
        key={value}
        type="text"
        size={16}
        defaultValue={value}
        placeholder="now"
        onChange={({ currentTarget }) => onChange(currentTarget.value.trim())}
      />
    </label>
  );
}

function Live({ pulse: { beat, problem } }: { readonly pulse: Pulse }) {
  const word = problem ? "away" : beat === 0 ? "connecting" : "connected";
  return (
    <span class={`live ${word}`} role="status">
      {word}
    </span>
  );
}
