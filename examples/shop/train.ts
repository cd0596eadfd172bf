// Fits "an order is paid within ten minutes" on a training set, and says how well it ranks the orders of the test set:
// node dist/examples/shop/train.js orders.train.arrow orders.test.arrow
import { createReadStream } from "node:fs";
import { readManifest } from "hydrograph";
import { RecordBatchReader } from "apache-arrow";
import { Matrix, solve } from "ml-matrix";

const LABEL = "paid";

/** Rows of numbers, null = missing, and whether each order was paid in time. */
interface Orders {
  readonly values: (number | null)[][];
  readonly labels: boolean[];
}

async function main(train: string, test: string): Promise<void> {
  // The manifest says which columns are features, so no label or id gets among them.
  const { columns } = await readManifest(`${train}.manifest.json`);
  const names = columns.filter(({ role, type }) => role === "feature" && !type.includes("String")).map(({ name }) => name);
  const known = await read(train, names);
  const scale = scaleOf(known.values);
  const weights = fit(scale(known.values), known.labels);
  const { labels, values } = await read(test, names);
  const scores = scale(values).mmul(weights).to1DArray();
  const paid = labels.filter(Boolean).length / labels.length;
  process.stdout.write(
    `${labels.length} orders, ${(paid * 100).toFixed(1)}% paid in time, AUC ${areaUnderCurve(scores, labels).toFixed(3)}\n`,
  );
}

/** Reads an Arrow file batch by batch, 65,536 rows each. Counts are 64-bit integers, which apache-arrow gives as BigInt. */
async function read(path: string, names: readonly string[]): Promise<Orders> {
  const orders: Orders = { values: [], labels: [] };
  for await (const batch of await RecordBatchReader.from(createReadStream(path))) {
    const columns = names.map((name) => batch.getChild(name));
    for (let row = 0; row < batch.numRows; row += 1) {
      orders.values.push(columns.map((column) => numberOf(column?.get(row))));
      orders.labels.push(batch.getChild(LABEL)?.get(row) === true);
    }
  }
  return orders;
}

function numberOf(value: unknown): number | null {
  return value === null || value === undefined ? null : Number(value);
}

/** Learns means and spreads of the columns. @returns what scales rows by them, with the mean for a missing value, and adds a column of ones */
function scaleOf(rows: Orders["values"]): (rows: Orders["values"]) => Matrix {
  const columns = (rows[0] ?? []).map((_, index) => rows.map((row) => row[index]).filter((value) => typeof value === "number"));
  const means = columns.map((values) => values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length));
  const spreads = columns.map((values, index) => {
    const squares = values.reduce((sum, value) => sum + (value - (means[index] ?? 0)) ** 2, 0);
    return Math.sqrt(squares / Math.max(1, values.length)) || 1;
  });
  return (others) =>
    new Matrix(
      others.map((row) => [1, ...row.map((value, index) => (value === null ? 0 : (value - (means[index] ?? 0)) / (spreads[index] ?? 1)))]),
    );
}

/** Logistic regression by Newton's method, with a ridge of 1: the weights of the columns. Ten steps are plenty, as each doubles the digits. */
function fit(rows: Matrix, labels: readonly boolean[]): Matrix {
  const ridge = Matrix.eye(rows.columns, rows.columns);
  let weights = Matrix.zeros(rows.columns, 1);
  for (let step = 0; step < 10; step += 1) {
    const chances = rows
      .mmul(weights)
      .to1DArray()
      .map((score) => 1 / (1 + Math.exp(-score)));
    const errors = Matrix.columnVector(chances.map((chance, index) => chance - Number(labels[index])));
    const gradient = rows.transpose().mmul(errors).add(weights);
    const weighted = rows.clone().mulColumnVector(chances.map((chance) => chance * (1 - chance)));
    weights = Matrix.sub(weights, solve(rows.transpose().mmul(weighted).add(ridge), gradient));
  }
  return weights;
}

/** The chance that an order that was paid has a higher score than one that was not; equal scores count half (Mann and Whitney 1947). */
function areaUnderCurve(scores: readonly number[], labels: readonly boolean[]): number {
  const counts = new Map<number, { paid: number; unpaid: number }>();
  for (const [index, score] of scores.entries()) {
    const count = counts.get(score) ?? { paid: 0, unpaid: 0 };
    count[labels[index] === true ? "paid" : "unpaid"] += 1;
    counts.set(score, count);
  }
  let [paidBelow, unpaidBelow, pairs] = [0, 0, 0];
  for (const [, { paid, unpaid }] of [...counts].sort(([a], [b]) => a - b)) {
    pairs += paid * (unpaidBelow + unpaid / 2);
    paidBelow += paid;
    unpaidBelow += unpaid;
  }
  return pairs / (paidBelow * unpaidBelow);
}

const [train, test] = process.argv.slice(2);
if (train === undefined || test === undefined) {
  process.stderr.write("Give two files: orders.train.arrow orders.test.arrow, made by hydrograph features build --split.\n");
  process.exitCode = 2;
} else await main(train, test);
