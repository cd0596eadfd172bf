import type { ClickHouse } from "../../clickhouse/index.ts";
import { Bindings } from "../bindings.ts";
import { countBins, countTexts } from "./count-bins.ts";
import type { FeatureStatistics, Manifest } from "./manifest.ts";
import { populationStability, type PopulationStability } from "./population-stability.ts";
import { IN_ORDER } from "./spine-table.ts";

/** The index from which a feature counts as moved, and from which as drifted: the usual bounds, which are convention. */
export const DRIFT_BOUNDS = { moved: 0.1, drifted: 0.25 } as const;

/** "unclear": as far away as moved or drifted, and no further than chance takes so few rows. */
export type DriftVerdict = "stable" | "unclear" | "moved" | "drifted";

/** Something before, in the training set, and now, in the rows compared with it. */
export interface BeforeAndNow<Value> {
  readonly before: Value;
  readonly now: Value;
}

/** The share of rows that lie in one bin. */
export interface DriftBin extends BeforeAndNow<number> {
  /** An interval such as "(10, 20]", its ends to six digits; a text, "(others)" or "(null)". */
  readonly bin: string;
}

/** How far a feature has moved from what it was in the training set. */
export interface FeatureDrift extends PopulationStability {
  readonly feature: string;
  readonly verdict: DriftVerdict;
  /** Shares of the rows without a value. */
  readonly nullRate: BeforeAndNow<number>;
  /** Of the rows that have a value; null of texts, or if none has. */
  readonly mean: BeforeAndNow<number | null>;
  /** The bins frozen in the manifest, in order, between one below the least value of the training set and one above the greatest, which were empty then; last the rows without a value. */
  readonly bins: readonly DriftBin[];
}

type MeasuredFeature = Extract<Manifest["columns"][number], { readonly role: "feature" }>;

/** Columns that one statement counts. */
const AT_ONCE = 50;

/**
 * Counts the features of a table of today's rows in the bins of a manifest, and compares.
 * @param columnOf the table's column of a feature
 */
export async function measureDrift(
  clickhouse: ClickHouse,
  table: string,
  columnOf: (feature: string) => string,
  manifest: Pick<Manifest, "columns" | "rows">,
): Promise<readonly FeatureDrift[]> {
  const features = manifest.columns.filter((column): column is MeasuredFeature => column.role === "feature");
  const drifts: FeatureDrift[] = [];
  for (let from = 0; from < features.length; from += AT_ONCE) {
    const some = features.slice(from, from + AT_ONCE);
    const counted = await countFeatures(clickhouse, table, columnOf, some);
    drifts.push(...some.map((feature, index) => driftOf(feature, manifest.rows, counted[index] ?? NOTHING)));
  }
  return drifts;
}

/** A feature today: rows by bin of those that have a value. */
interface Counted {
  readonly rows: number;
  readonly nulls: number;
  readonly mean: number | null;
  readonly bins: readonly number[];
}

const NOTHING: Counted = { rows: 0, nulls: 0, mean: null, bins: [] };

async function countFeatures(
  clickhouse: ClickHouse,
  table: string,
  columnOf: (feature: string) => string,
  features: readonly MeasuredFeature[],
): Promise<readonly Counted[]> {
  const bindings = new Bindings();
  const measures = features.map(({ name, statistics }, index) => {
    const column = columnOf(name);
    const nulls = `countIf(isNull(${column})) AS nulls_${index}`;
    if (statistics.kind === "text") return nulls;
    const beyond = [
      `${column} < ${bindings.bind("Float64", statistics.min ?? 0)}`,
      `${column} > ${bindings.bind("Float64", statistics.max ?? 0)}`,
    ];
    return `${nulls}, avgOrNull(${column}) AS mean_${index}, countIf(${beyond[0]}) AS below_${index}, countIf(${beyond[1]}) AS above_${index}`;
  });
  const [row] = await clickhouse.rows<Record<string, number | null>>({
    name: "Measure the features of today",
    sql: `SELECT count() AS rows, ${measures.join(",\n  ")} FROM ${table}`,
    params: bindings.params,
    settings: { ...IN_ORDER, output_format_json_quote_64bit_integers: 0 },
  });
  const numeric = features.flatMap(({ name, statistics }) => (statistics.kind === "number" ? [{ name, edges: statistics.edges }] : []));
  const binned = await countBins(
    clickhouse,
    table,
    numeric.map(({ name }) => columnOf(name)),
    numeric.map(({ edges }) => edges),
  );
  const bins = new Map(numeric.map(({ name }, index) => [name, binned[index] ?? []]));
  for (const { name, statistics } of features) {
    if (statistics.kind !== "text") continue;
    const texts = statistics.texts.map(({ text }) => text);
    bins.set(name, textCounts(await countTexts(clickhouse, table, columnOf(name), texts)));
  }
  return features.map(({ name, statistics }, index) => ({
    rows: row?.["rows"] ?? 0,
    nulls: row?.[`nulls_${index}`] ?? 0,
    mean: row?.[`mean_${index}`] ?? null,
    bins: withEnds(statistics, bins.get(name) ?? [], row?.[`below_${index}`] ?? 0, row?.[`above_${index}`] ?? 0),
  }));
}

function driftOf({ name, nulls, statistics }: MeasuredFeature, rows: number, now: Counted): FeatureDrift {
  const counts = statistics.kind === "text" ? textCounts(statistics) : withEnds(statistics, statistics.counts, 0, 0);
  const [before, after] = [
    [...counts, nulls],
    [...now.bins, now.nulls],
  ];
  const stability = populationStability(before, after);
  return {
    feature: name,
    ...stability,
    verdict: verdictOf(stability),
    nullRate: { before: nulls / rows, now: now.nulls / now.rows },
    mean: { before: statistics.kind === "text" ? null : statistics.mean, now: now.mean },
    bins: binNames(statistics).map((bin, index) => ({ bin, before: (before[index] ?? 0) / rows, now: (after[index] ?? 0) / now.rows })),
  };
}

function verdictOf({ chance, psi }: PopulationStability): DriftVerdict {
  if (psi < DRIFT_BOUNDS.moved) return "stable";
  if (psi <= chance) return "unclear";
  return psi < DRIFT_BOUNDS.drifted ? "moved" : "drifted";
}

function textCounts({ others, texts }: Pick<Extract<FeatureStatistics, { kind: "text" }>, "texts" | "others">): number[] {
  return [...texts.map(({ count }) => count), others];
}

/** Bins of numbers with what lies beyond the training set taken out of the first and the last: of a feature that was 3 in every row, all that is less would else be in the bin of the threes. */
function withEnds(statistics: FeatureStatistics, bins: readonly number[], below: number, above: number): readonly number[] {
  if (statistics.kind === "text" || statistics.min === null) return bins;
  const [first = 0, ...others] = bins;
  const inside = [first - below, ...others];
  if (isMaxAnEdge(statistics)) return [below, ...inside];
  return [below, ...inside.slice(0, -1), (inside.at(-1) ?? 0) - above, above];
}

type NumberStatistics = Extract<FeatureStatistics, { kind: "number" }>;

/** Then the last bin lies above the greatest value already. */
function isMaxAnEdge({ edges, max }: NumberStatistics): boolean {
  return edges.at(-1) === max;
}

function binNames(statistics: FeatureStatistics): string[] {
  if (statistics.kind === "text") return [...statistics.texts.map(({ text }) => text), "(others)", "(null)"];
  const { edges, max, min } = statistics;
  if (min === null || max === null) return ["(-∞, ∞)", "(null)"];
  const ends = (isMaxAnEdge(statistics) ? edges : [...edges, max]).map(shown);
  const inside = ends.map((end, index) => `${index === 0 ? `[${shown(min)}` : `(${ends[index - 1]}`}, ${end}]`);
  return [`(-∞, ${shown(min)})`, ...inside, `(${shown(max)}, ∞)`, "(null)"];
}

function shown(edge: number): string {
  return String(Number(edge.toPrecision(6)));
}
