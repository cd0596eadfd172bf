import type { z } from "zod";
import type { QuestionAnswer, QuestionKind } from "../../queries/index.ts";
import { anomaliesColumns, anomaliesView } from "../output/anomalies-view.ts";
import { candlesColumns, candlesView } from "../output/candles-view.ts";
import { changesColumns, changesView } from "../output/changes-view.ts";
import type { Columns } from "../output/columns-file.ts";
import { forecastColumns, forecastView } from "../output/forecast-view.ts";
import { funnelColumns, funnelView } from "../output/funnel-view.ts";
import { lifecycleColumns, lifecycleView } from "../output/lifecycle-view.ts";
import { moversColumns, moversView } from "../output/movers-view.ts";
import { pathsColumns, pathsView } from "../output/paths-view.ts";
import { retentionColumns, retentionView } from "../output/retention-view.ts";
import { revisionsColumns, revisionsView } from "../output/revisions-view.ts";
import { sessionsColumns, sessionsView } from "../output/sessions-view.ts";
import type { Terminal } from "../output/terminal.ts";
import { trendColumns } from "../output/trend-columns.ts";
import { trendView } from "../output/trend-view.ts";
import { questionSchemas } from "./question-schemas.ts";

/** What there is to a kind of question beside its answer: what may be asked, and how the answer looks. */
export interface QuestionForm<Answer> {
  readonly summary: string;
  readonly schema: z.ZodType;
  readonly view: (answer: Answer, terminal: Terminal) => string;
  /** The answer as a file. */
  readonly columns: (answer: Answer) => Columns;
}

const FORMS: { readonly [Kind in QuestionKind]: Omit<QuestionForm<QuestionAnswer<Kind>>, "schema"> } = {
  trend: {
    summary: "How metrics changed over time",
    view: (answer, terminal) => trendView(answer, terminal, { chart: true, table: true, source: true }),
    columns: trendColumns,
  },
  funnel: { summary: "How many entities go through steps in order", view: funnelView, columns: funnelColumns },
  retention: { summary: "Who comes back", view: retentionView, columns: retentionColumns },
  lifecycle: { summary: "Who is new, returning, resurrecting or dormant", view: lifecycleView, columns: lifecycleColumns },
  sessions: { summary: "How many sessions there are, how long and how deep", view: sessionsView, columns: sessionsColumns },
  paths: { summary: "The most common sequences of events", view: pathsView, columns: pathsColumns },
  anomalies: { summary: "Which buckets are not as was to be expected", view: anomaliesView, columns: anomaliesColumns },
  changes: { summary: "When a metric took another level", view: changesView, columns: changesColumns },
  forecast: { summary: "How a metric may go on", view: forecastView, columns: forecastColumns },
  movers: { summary: "Which groups made a metric change", view: moversView, columns: moversColumns },
  candles: { summary: "How prices moved", view: candlesView, columns: candlesColumns },
  revisions: { summary: "Which final buckets late events changed", view: revisionsView, columns: revisionsColumns },
};

/** The form of a kind of question, for answers of that kind. */
export function questionForm(kind: QuestionKind): QuestionForm<unknown> {
  return { ...(FORMS[kind] as Omit<QuestionForm<unknown>, "schema">), schema: questionSchemas[kind] };
}
