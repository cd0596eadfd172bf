import {
  CustomVariableBuilder,
  QueryVariableBuilder,
  RowBuilder,
  VariableRefresh,
  VariableSort,
  type DashboardBuilder,
  type VariableOption,
} from "@grafana/grafana-foundation-sdk/dashboard";
import { describeFeatures, type FeatureSet, type Project } from "../model/index.ts";
import { DRIFT_BOUNDS } from "../queries/index.ts";
import { DATASOURCE } from "./clickhouse-query.ts";
import { DRIFTED, featuresSql, type FeaturesSql } from "./features-sql.ts";
import { frame } from "./frame.ts";
import { featureFrame, KEPT } from "./frames.ts";
import { GROUP_VALUE, statPanel, tablePanel, trendPanel } from "./panels.ts";

const BOUNDS = `Below ${DRIFT_BOUNDS.moved} a feature is called stable, from ${DRIFT_BOUNDS.drifted} on drifted.`;
const PERCENT = "percentunit";

/** One dashboard of how a set's features drift, from what `features drift --keep` has kept. */
export function featureDashboard(project: Project, set: FeatureSet): DashboardBuilder {
  const sql = featuresSql(project, set);
  const dashboard = frame(project, featureFrame(set)).withVariable(trainingSetVariable(sql)).withVariable(featureVariable(set));
  numbers(dashboard.withRow(new RowBuilder("As measured last")), sql);
  trends(dashboard.withRow(new RowBuilder("Over time")), sql);
  distribution(dashboard.withRow(new RowBuilder("Distribution of one feature")), sql);
  return dashboard;
}

function trainingSetVariable(sql: FeaturesSql): QueryVariableBuilder {
  return new QueryVariableBuilder("training_set")
    .label("Training set")
    .description(
      "What recent rows are compared with: the file, and the first digits of its manifest's SHA-256. The one measured last is first.",
    )
    .datasource(DATASOURCE)
    .query({ refId: "A", queryType: "sql", rawSql: sql.trainingSets })
    .definition(sql.trainingSets)
    .refresh(VariableRefresh.OnTimeRangeChanged)
    .sort(VariableSort.Disabled)
    .multi(false)
    .includeAll(false)
    .allowCustomValue(false);
}

function featureVariable(set: FeatureSet): CustomVariableBuilder {
  const names = describeFeatures(set).map(({ name }) => name);
  return new CustomVariableBuilder("feature")
    .label("Feature")
    .description("The feature whose distribution is shown at the bottom.")
    .values(names.join(","))
    .options(names.map((name, index) => selectable(name, index === 0)))
    .current(selectable(names[0] ?? "", true))
    .allowCustomValue(false);
}

function selectable(name: string, selected: boolean): VariableOption {
  return { selected, text: name, value: name };
}

function numbers(dashboard: DashboardBuilder, sql: FeaturesSql): void {
  const number = (title: string, description: string, query: string, unit: string, bad?: readonly [number, number]): void => {
    dashboard.withPanel(statPanel({ title, description, unit, sql: query, span: 6, ...(bad ? { bad } : {}) }));
  };
  number(
    "Drifted features",
    `Features whose PSI is ${DRIFT_BOUNDS.drifted} or more, and more than chance takes so few rows. Look below at which bins moved: a broken source, or a world that has changed and wants a new model.`,
    sql.number(`if(count() = 0, NULL, ${DRIFTED})`),
    "short",
    [1, 1],
  );
  number(
    "Highest PSI",
    `Of the feature that has moved most. ${BOUNDS} Compare with its column "chance" below before you act on few rows.`,
    sql.number("if(count() = 0, NULL, max(psi))"),
    "short",
    [DRIFT_BOUNDS.moved, DRIFT_BOUNDS.drifted],
  );
  number(
    "Rows compared",
    "Rows that were measured last, beside the training set. Few rows reach a high PSI by chance.",
    sql.number("if(count() = 0, NULL, max(rows))"),
    "short",
  );
  number("Measured", `How long ago the rows measured last ended, whatever the range. ${KEPT}`, sql.age, "s", [2 * 86_400, 8 * 86_400]);
  dashboard.withPanel(
    tablePanel(
      {
        title: "Features",
        description: `As measured last in this range, the one that moved most first. ${BOUNDS} unclear: no further away than chance takes so few rows; chance: what PSI of rows of the same distribution exceeds one time in a hundred. "before" is the training set.`,
        unit: "short",
        sql: sql.latest,
        span: 24,
      },
      { null_rate_before: PERCENT, null_rate: PERCENT },
      "psi",
    ),
  );
}

function trends(dashboard: DashboardBuilder, sql: FeaturesSql): void {
  const trend = (title: string, description: string, expression: string, unit: string, span: number): void => {
    const common = { title, description: `${description} The ten that moved most. ${KEPT}`, unit, span };
    dashboard.withPanel(trendPanel({ ...common, sql: sql.trend(expression), values: [GROUP_VALUE], grouped: true, additive: false }));
  };
  trend("Drift (PSI)", `Population stability index against the bins of the training set. ${BOUNDS}`, "psi", "short", 24);
  trend("Null rate", "Share of the rows without a value.", "null_rate", PERCENT, 12);
  trend(
    "Mean against the training set",
    "The mean of the values, divided by that of the training set: 100 % = as it was. Texts have none.",
    "if(mean_before = 0, NULL, mean / mean_before)",
    PERCENT,
    12,
  );
}

function distribution(dashboard: DashboardBuilder, sql: FeaturesSql): void {
  dashboard
    .withPanel(
      tablePanel(
        {
          title: "Before and now",
          description:
            "Shares of the rows by bin: in the training set, whose deciles (or most frequent texts) the bins are, and as measured last in this range. Values beyond those of the training set have bins of their own, and so have rows without a value.",
          unit: PERCENT,
          sql: sql.bins,
          span: 12,
        },
        { before: PERCENT, now: PERCENT },
        "now",
      ),
    )
    .withPanel(
      trendPanel({
        title: "Shares of the bins",
        description: `How the values of the feature are distributed over the bins of the training set, in their order. ${KEPT}`,
        unit: PERCENT,
        sql: sql.shares,
        span: 12,
        values: [GROUP_VALUE],
        grouped: true,
        additive: true,
      }),
    );
}
