import type { z } from "zod";
import type { QuestionAnswer, QuestionKind } from "../../queries/index.ts";
import { anomaliesView } from "../output/anomalies-view.ts";
import { asOfJoinView } from "../output/as-of-join-view.ts";
import { candlesView } from "../output/candles-view.ts";
import { changesView } from "../output/changes-view.ts";
import { forecastView } from "../output/forecast-view.ts";
import { funnelView } from "../output/funnel-view.ts";
import { lifecycleView } from "../output/lifecycle-view.ts";
import { moversView } from "../output/movers-view.ts";
import { pathsView } from "../output/paths-view.ts";
import { retentionView } from "../output/retention-view.ts";
import { revisionsView } from "../output/revisions-view.ts";
import { seasonalityView } from "../output/seasonality-view.ts";
import { sessionsView } from "../output/sessions-view.ts";
import type { Terminal } from "../output/terminal.ts";
import { trendView } from "../output/trend-view.ts";
import { questionSchemas } from "./question-schemas.ts";

/** What there is to a kind of question beside its answer: what may be asked, and how the answer looks. */
export interface QuestionForm<Answer> {
  readonly summary: string;
  readonly schema: z.ZodType;
  readonly view: (answer: Answer, terminal: Terminal) => string;
}

const FORMS: { readonly [Kind in QuestionKind]: Omit<QuestionForm<QuestionAnswer<Kind>>, "schema"> } = {
  trend: {
    summary: "How metrics changed over time",
    view: (answer, terminal) => trendView(answer, terminal, { chart: true, table: true, source: true }),
  },
  funnel: { summary: "How many entities go through steps in order", view: funnelView },
  retention: { summary: "Who comes back", view: retentionView },
  lifecycle: { summary: "Who is new, returning, resurrecting or dormant", view: lifecycleView },
  sessions: { summary: "How many sessions there are, how long and how deep", view: sessionsView },
  paths: { summary: "The most common sequences of events", view: pathsView },
  anomalies: { summary: "Which buckets are not as was to be expected", view: anomaliesView },
  changes: { summary: "When a metric took another level", view: changesView },
  forecast: { summary: "How a metric may go on", view: forecastView },
  movers: { summary: "Which groups made a metric change", view: moversView },
  seasonality: { summary: "After how long a metric comes again", view: seasonalityView },
  candles: { summary: "How prices moved", view: candlesView },
  asOfJoin: { summary: "Each event with the last one of another type before it", view: asOfJoinView },
  revisions: { summary: "Which final buckets late events changed", view: revisionsView },
};

/** The form of a kind of question, for answers of that kind. */
export function questionForm(kind: QuestionKind): QuestionForm<unknown> {
  return { ...(FORMS[kind] as Omit<QuestionForm<unknown>, "schema">), schema: questionSchemas[kind] };
}
