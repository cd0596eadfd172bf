import { isDeepStrictEqual } from "node:util";

type Json = Readonly<Record<string, unknown>>;

/** What writing a dashboard would change in a Grafana. */
export interface DashboardDifference {
  readonly uid: string;
  readonly title: string;
  /** `new`: Grafana has none of this uid; `abandoned`: it has one that the project no longer has. */
  readonly change: "new" | "changed" | "same" | "abandoned";
  /** What differs: panels by their titles, and the dashboard's other parts by their names. */
  readonly added: readonly string[];
  readonly removed: readonly string[];
  readonly changed: readonly string[];
}

/** What Grafana counts by itself, in the dashboard and in each panel. */
const OWN = new Set(["id", "version", "iteration"]);

/** Compares a dashboard with what Grafana holds under its uid. */
export function compareDashboards(wanted: Json, held: Json | undefined): DashboardDifference {
  const about = { uid: String(wanted["uid"]), title: String(wanted["title"]) };
  const [panels, before] = [panelsOf(wanted), panelsOf(held ?? {})];
  if (!held) return { ...about, change: "new", added: [...panels.keys()], removed: [], changed: [] };
  const added = [...panels.keys()].filter((title) => !before.has(title));
  const removed = [...before.keys()].filter((title) => !panels.has(title));
  const panelsChanged = [...panels]
    .filter(([title, panel]) => before.has(title) && !isSame(panel, before.get(title)))
    .map(([title]) => title);
  const parts = [...new Set([...Object.keys(wanted), ...Object.keys(held)])].filter((name) => name !== "panels" && !OWN.has(name));
  const changed = [...parts.filter((name) => !isDeepStrictEqual(wanted[name], held[name])).sort(), ...panelsChanged];
  const isChanged = added.length + removed.length + changed.length > 0;
  return { ...about, change: isChanged ? "changed" : "same", added, removed, changed };
}

/** Panels by their titles; of several with one title each has its number. */
function panelsOf({ panels }: Json): Map<string, Json> {
  const found = new Map<string, Json>();
  for (const panel of Array.isArray(panels) ? (panels as Json[]) : []) {
    const title = typeof panel["title"] === "string" && panel["title"] !== "" ? panel["title"] : `(${String(panel["type"])})`;
    let name = title;
    for (let number = 2; found.has(name); number += 1) name = `${title} (${number})`;
    found.set(name, panel);
  }
  return found;
}

function isSame(panel: Json, held: Json | undefined): boolean {
  const plain = (json: Json | undefined): unknown => Object.fromEntries(Object.entries(json ?? {}).filter(([name]) => !OWN.has(name)));
  return isDeepStrictEqual(plain(panel), plain(held));
}
