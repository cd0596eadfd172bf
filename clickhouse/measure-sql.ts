import { resolveField, type Field, type Measure, type Metric } from "../model/index.ts";
import { fieldSql } from "./field-sql.ts";

/** A column of mergeable state in a rollup. */
export interface StateColumn {
  readonly name: string;
  /** The column's type in the AggregatingMergeTree. */
  readonly type: string;
  /** Aggregate over `events` that makes the state. */
  readonly state: string;
}

/** One number of a metric's answer: most measures have one ("value"), quantiles one a level ("p50", "p95"). */
export interface MeasureOutput {
  readonly name: string;
  /** ClickHouse type of the answer. */
  readonly type: "UInt64" | "Float64" | "Nullable(Float64)" | "Nullable(String)";
  /** Aggregate over rows of `events`. */
  readonly raw: string;
  /** Aggregate over rows of the rollup; gives what `raw` gives over the events behind them. */
  readonly merged: string;
  /** What a bucket without events shows. */
  readonly empty: 0 | null;
}

/** A metric's measure in SQL: one definition for rollup, trend, dashboard and feature. */
export interface MeasureSql {
  readonly states: readonly StateColumn[];
  readonly outputs: readonly MeasureOutput[];
}

/** Total order of the log that settles "first" and "last" where event times tie. */
const LOG_ORDER = { expression: "(time, stream, epoch, seq, idx)", type: "Tuple(DateTime64(6, 'UTC'), String, UInt64, UInt64, UInt32)" };

/** The SQL of a metric's measure. @throws Error if the metric's field is unknown (a checked project has none such) */
export function measureSql(metric: Metric): MeasureSql {
  const { measure } = metric;
  switch (measure.kind) {
    case "count":
      return countSql();
    case "sum":
    case "avg":
      return sumSql(measure.kind, fieldOf(metric, measure.field), measure.decimals ?? 0);
    case "min":
    case "max":
      return extremeSql(measure.kind, fieldOf(metric, measure.field));
    case "uniq":
      return uniqSql(fieldOf(metric, measure.field), measure.exact);
    case "quantiles":
      return quantilesSql(fieldOf(metric, measure.field), measure);
    case "first":
    case "last":
      return pickSql(measure.kind, fieldOf(metric, measure.field));
  }
}

function fieldOf(metric: Metric, ref: string): Field {
  const field = resolveField(metric.event, ref);
  if ("problem" in field) throw new Error(`Metric "${metric.name}": ${field.problem}.`);
  return field;
}

function countSql(): MeasureSql {
  return {
    states: [{ name: "count", type: "SimpleAggregateFunction(sum, UInt64)", state: "count()" }],
    outputs: [{ name: "value", type: "UInt64", raw: "count()", merged: "sum(`count`)", empty: 0 }],
  };
}

/**
 * A value as an integer of 10^-decimals, so that addition is exact in any order. Doubles that scale beyond 128 bits read as null.
 * The sum of `Int128` costs 1.4 times that of `Float64` (47 against 33 ms over 2 million rows).
 */
function scaledSql(field: Field, decimals: number): { expression: string; divisor: string } {
  const { expression } = fieldSql(field);
  if (field.type === "integer") return { expression: `toInt128(${expression})`, divisor: "1" };
  return { expression: `accurateCastOrNull(round(${expression} * 1e${decimals}), 'Int128')`, divisor: `1e${decimals}` };
}

function sumSql(kind: "sum" | "avg", field: Field, decimals: number): MeasureSql {
  const { expression, divisor } = scaledSql(field, decimals);
  const total = { name: "sum", type: "SimpleAggregateFunction(sum, Int128)", state: `sum(ifNull(${expression}, 0))` };
  if (kind === "sum") {
    const answer = (sum: string): string => `toFloat64(${sum}) / ${divisor}`;
    return {
      states: [total],
      outputs: [{ name: "value", type: "Float64", raw: answer(total.state), merged: answer("sum(`sum`)"), empty: 0 }],
    };
  }
  const values = { name: "values", type: "SimpleAggregateFunction(sum, UInt64)", state: `count(${expression})` };
  const answer = (sum: string, count: string): string => `if(${count} = 0, NULL, toFloat64(${sum}) / ${divisor} / ${count})`;
  return {
    states: [total, values],
    outputs: [
      {
        name: "value",
        type: "Nullable(Float64)",
        raw: answer(total.state, values.state),
        merged: answer("sum(`sum`)", "sum(`values`)"),
        empty: null,
      },
    ],
  };
}

function extremeSql(kind: "min" | "max", field: Field): MeasureSql {
  const value = `${kind}(toFloat64(${fieldSql(field).expression}))`;
  return {
    states: [{ name: kind, type: `SimpleAggregateFunction(${kind}, Nullable(Float64))`, state: value }],
    outputs: [{ name: "value", type: "Nullable(Float64)", raw: value, merged: `${kind}(\`${kind}\`)`, empty: null }],
  };
}

function uniqSql(field: Field, exact: boolean): MeasureSql {
  const aggregate = exact ? "uniqExact" : "uniqCombined64";
  const text = `toString(${fieldSql(field).expression})`;
  const type = field.column === "data" ? "Nullable(String)" : "String";
  return {
    states: [{ name: "uniq", type: `AggregateFunction(${aggregate}, ${type})`, state: `${aggregate}State(${text})` }],
    outputs: [{ name: "value", type: "UInt64", raw: `${aggregate}(${text})`, merged: `${aggregate}Merge(\`uniq\`)`, empty: 0 }],
  };
}

function quantilesSql(field: Field, { accuracy, levels }: Extract<Measure, { kind: "quantiles" }>): MeasureSql {
  const parameters = [accuracy, ...levels].join(", ");
  const value = `toFloat64(${fieldSql(field).expression})`;
  const level = (quantilesOf: string, index: number): string => `ifNotFinite(${quantilesOf}[${index + 1}], NULL)`;
  return {
    states: [
      {
        name: "quantiles",
        type: `AggregateFunction(quantilesDD(${parameters}), Nullable(Float64))`,
        state: `quantilesDDState(${parameters})(${value})`,
      },
    ],
    outputs: levels.map((quantile, index) => ({
      name: `p${String(quantile * 100)
        .replace(/(\.\d{1,6})\d*/, "$1")
        .replace(".", "_")}`,
      type: "Nullable(Float64)" as const,
      raw: level(`quantilesDD(${parameters})(${value})`, index),
      merged: level(`quantilesDDMerge(${parameters})(\`quantiles\`)`, index),
      empty: null,
    })),
  };
}

function pickSql(kind: "first" | "last", field: Field): MeasureSql {
  const aggregate = kind === "first" ? "argMin" : "argMax";
  const numeric = field.type === "number" || field.type === "integer";
  const { expression } = fieldSql(field);
  const value = numeric ? `toFloat64(${expression})` : `toString(${expression})`;
  const type = numeric ? "Nullable(Float64)" : "Nullable(String)";
  const nullable = `CAST(${value}, '${type}')`;
  return {
    states: [
      {
        name: kind,
        type: `AggregateFunction(${aggregate}, ${type}, ${LOG_ORDER.type})`,
        state: `${aggregate}State(${nullable}, CAST(${LOG_ORDER.expression}, '${LOG_ORDER.type.replaceAll("'", "\\'")}'))`,
      },
    ],
    outputs: [
      {
        name: "value",
        type,
        raw: `${aggregate}(${nullable}, ${LOG_ORDER.expression})`,
        merged: `${aggregate}Merge(\`${kind}\`)`,
        empty: null,
      },
    ],
  };
}
