import { resolveField, type AddedMeasure, type Field, type Measure, type Metric } from "../model/index.ts";
import { isSpread, ofSums, scaledSql, squareSql } from "./added-sql.ts";
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
  /** Aggregate over rows of `events`: how many values the answer was computed from. */
  readonly values: string;
}

/** What is measured: a metric, or what is like one. */
type Measured = Pick<Metric, "name" | "event" | "measure">;

/** Total order of the log that settles "first" and "last" where event times tie. */
const LOG_ORDER = { expression: "(time, stream, epoch, seq, idx)", type: "Tuple(DateTime64(6, 'UTC'), String, UInt64, UInt64, UInt32)" };

/**
 * The SQL of a metric's measure.
 * @param condition if given, `values` and each `raw` take only the rows where it holds (`sumIf` for `sum`): one pass answers many windows
 * @throws Error if the metric's field is unknown (a checked project has none such)
 */
export function measureSql(metric: Measured, condition?: string): MeasureSql {
  const { measure } = metric;
  const aggregate: Aggregate = (name, values, parameters = "") =>
    condition === undefined ? `${name}${parameters}(${values.join(", ")})` : `${name}If${parameters}(${[...values, condition].join(", ")})`;
  switch (measure.kind) {
    case "count":
      return countSql(aggregate);
    case "min":
    case "max":
      return extremeSql(measure.kind, fieldOf(metric, measure.field), aggregate);
    case "sum":
    case "avg":
    case "variance":
    case "stddev":
      return addedSql(measure, fieldOf(metric, measure.field), aggregate);
    case "uniq":
      return uniqSql(fieldOf(metric, measure.field), measure.exact, aggregate);
    case "quantiles":
      return quantilesSql(fieldOf(metric, measure.field), measure, aggregate);
    case "first":
    case "last":
      return pickSql(measure.kind, fieldOf(metric, measure.field), aggregate);
  }
}

/** Writes an aggregate over the rows in question: `sum(x)`, or `sumIf(x, condition)`. */
type Aggregate = (name: string, values: readonly string[], parameters?: string) => string;

function fieldOf(metric: Measured, ref: string): Field {
  const field = resolveField(metric.event, ref);
  if ("problem" in field) throw new Error(`Metric "${metric.name}": ${field.problem}.`);
  return field;
}

function countSql(aggregate: Aggregate): MeasureSql {
  return {
    states: [{ name: "count", type: "SimpleAggregateFunction(sum, UInt64)", state: "count()" }],
    outputs: [{ name: "value", type: "UInt64", raw: aggregate("count", []), merged: "sum(`count`)", empty: 0 }],
    values: aggregate("count", []),
  };
}

function addedSql(measure: AddedMeasure, field: Field, aggregate: Aggregate): MeasureSql {
  const { kind } = measure;
  const { divisor, expression } = scaledSql(field, measure);
  const sum = { name: "sum", type: "SimpleAggregateFunction(sum, Int128)", value: `ifNull(${expression}, 0)` };
  const squares = { name: "squares", type: "SimpleAggregateFunction(sum, Int256)", value: `ifNull(${squareSql(expression)}, 0)` };
  const values = aggregate("count", [expression]);
  const states = [sum, ...(isSpread(kind) ? [squares] : [])].map(({ name, type, value }) => ({ name, type, state: `sum(${value})` }));
  const rawSum = aggregate("sum", [sum.value]);
  if (kind === "sum") {
    const answer = (total: string): string => `toFloat64(${total}) / ${divisor}`;
    return { states, outputs: [{ name: "value", type: "Float64", raw: answer(rawSum), merged: answer("sum(`sum`)"), empty: 0 }], values };
  }
  return {
    states: [...states, { name: "values", type: "SimpleAggregateFunction(sum, UInt64)", state: `count(${expression})` }],
    outputs: [
      {
        name: "value",
        type: "Nullable(Float64)",
        raw: ofSums(kind, divisor, { values, sum: rawSum, squares: aggregate("sum", [squares.value]) }),
        merged: ofSums(kind, divisor, { values: "sum(`values`)", sum: "sum(`sum`)", squares: "sum(`squares`)" }),
        empty: null,
      },
    ],
    values,
  };
}

function extremeSql(kind: "min" | "max", field: Field, aggregate: Aggregate): MeasureSql {
  const value = `toFloat64(${fieldSql(field).expression})`;
  return {
    states: [{ name: kind, type: `SimpleAggregateFunction(${kind}, Nullable(Float64))`, state: `${kind}(${value})` }],
    outputs: [{ name: "value", type: "Nullable(Float64)", raw: aggregate(kind, [value]), merged: `${kind}(\`${kind}\`)`, empty: null }],
    values: aggregate("count", [value]),
  };
}

/**
 * Values are hashed as what they are: of `uniq(toString(x))` ClickHouse drops the `toString` in a query and keeps it in a view (optimize_injective_functions_inside_uniq),
 * and the two hash to different sketches (26.7: 1001148 and 997439 of a million). Adding 0 makes -0 and 0 one value.
 */
function uniqSql(field: Field, exact: boolean, aggregate: Aggregate): MeasureSql {
  const sketch = exact ? "uniqExact" : "uniqCombined64";
  const { expression, type } = fieldSql(field);
  const value = field.type === "number" ? `${expression} + 0` : expression;
  // Of no values at all the sketch makes null, the exact count 0.
  const orZero = (distinct: string): string => (exact || !type.startsWith("Nullable") ? distinct : `ifNull(${distinct}, 0)`);
  return {
    states: [{ name: "uniq", type: `AggregateFunction(${sketch}, ${type})`, state: `${sketch}State(${value})` }],
    outputs: [
      { name: "value", type: "UInt64", raw: orZero(aggregate(sketch, [value])), merged: orZero(`${sketch}Merge(\`uniq\`)`), empty: 0 },
    ],
    values: aggregate("count", [value]),
  };
}

/** 2^64: exact to multiply and divide by. */
const SKETCH_SCALE = "1.8446744073709552e19";

/**
 * ClickHouse's DDSketch rounds the logarithm of a value towards zero, so values below 1 come out up to three times less accurate than promised (26.7: 3 % for 1 %).
 * Scaled by 2^64 all values above 5e-20 keep the promise. Values beyond 1e288 count as that, for their product would be infinite.
 */
function quantilesSql(field: Field, { accuracy, levels }: Extract<Measure, { kind: "quantiles" }>, aggregate: Aggregate): MeasureSql {
  const parameters = [accuracy, ...levels].join(", ");
  const plain = `toFloat64(${fieldSql(field).expression})`;
  const value = `multiIf(${plain} > 1e288, 1e288, ${plain} < -1e288, -1e288, ${plain}) * ${SKETCH_SCALE}`;
  return {
    states: [
      {
        name: "quantiles",
        type: `AggregateFunction(quantilesDD(${parameters}), Nullable(Float64))`,
        state: `quantilesDDState(${parameters})(${value})`,
      },
    ],
    outputs: levels.map((quantile, index) => ({
      name: `p${String(Number((quantile * 100).toFixed(6))).replace(".", "_")}`,
      type: "Nullable(Float64)" as const,
      raw: levelSql(aggregate("quantilesDD", [value], `(${parameters})`), index),
      merged: levelSql(`quantilesDDMerge(${parameters})(\`quantiles\`)`, index),
      empty: null,
    })),
    values: aggregate("count", [value]),
  };
}

function levelSql(quantiles: string, index: number): string {
  return `ifNotFinite(${quantiles}[${index + 1}] / ${SKETCH_SCALE}, NULL)`;
}

function pickSql(kind: "first" | "last", field: Field, aggregate: Aggregate): MeasureSql {
  const pick = kind === "first" ? "argMin" : "argMax";
  const numeric = field.type === "number" || field.type === "integer";
  const { expression } = fieldSql(field);
  const value = numeric ? `toFloat64(${expression})` : `toString(${expression})`;
  const type = numeric ? "Nullable(Float64)" : "Nullable(String)";
  const nullable = `CAST(${value}, '${type}')`;
  return {
    states: [
      {
        name: kind,
        type: `AggregateFunction(${pick}, ${type}, ${LOG_ORDER.type})`,
        state: `${pick}State(${nullable}, CAST(${LOG_ORDER.expression}, '${LOG_ORDER.type.replaceAll("'", "\\'")}'))`,
      },
    ],
    outputs: [
      {
        name: "value",
        type,
        raw: aggregate(pick, [nullable, LOG_ORDER.expression]),
        merged: `${pick}Merge(\`${kind}\`)`,
        empty: null,
      },
    ],
    values: aggregate("count", [nullable]),
  };
}
