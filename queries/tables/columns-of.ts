import type { QuestionAnswer, QuestionKind } from "../saved/question-calls.ts";
import { anomaliesColumns } from "./anomalies-columns.ts";
import { asOfJoinColumns } from "./as-of-join-columns.ts";
import { candlesColumns } from "./candles-columns.ts";
import { changesColumns } from "./changes-columns.ts";
import type { Columns } from "./columns.ts";
import { forecastColumns } from "./forecast-columns.ts";
import { funnelColumns } from "./funnel-columns.ts";
import { lifecycleColumns } from "./lifecycle-columns.ts";
import { moversColumns } from "./movers-columns.ts";
import { pathsColumns } from "./paths-columns.ts";
import { retentionColumns } from "./retention-columns.ts";
import { revisionsColumns } from "./revisions-columns.ts";
import { seasonalityColumns } from "./seasonality-columns.ts";
import { sessionsColumns } from "./sessions-columns.ts";
import { trendColumns } from "./trend-columns.ts";

/** An answer that has rows. */
export type RowsAnswer = QuestionAnswer<QuestionKind>;

/** The columns of an answer's rows. Answers are told apart by what only one kind of them has. */
export function columnsOf(answer: RowsAnswer): Columns {
  if ("sources" in answer) return trendColumns(answer);
  if ("groups" in answer) return funnelColumns(answer);
  if ("cohorts" in answer) return retentionColumns(answer);
  if ("paths" in answer) return pathsColumns(answer);
  if ("lengths" in answer) return sessionsColumns(answer);
  if ("candles" in answer) return candlesColumns(answer);
  if ("lookUp" in answer) return asOfJoinColumns(answer);
  if ("movers" in answer) return moversColumns(answer);
  if ("more" in answer) return revisionsColumns(answer);
  if ("threshold" in answer) return anomaliesColumns(answer);
  if ("falseAlarms" in answer) return seasonalityColumns(answer);
  if ("level" in answer) return forecastColumns(answer);
  return "series" in answer ? changesColumns(answer) : lifecycleColumns(answer);
}
