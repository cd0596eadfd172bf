import { jsonText } from "../json/json-text.ts";
import { isRefusal, NO_FIELDS, type DecodedEvent, type Refusal } from "./outcome.ts";
import { spanText } from "./span.ts";

/** An event with texts for its spans, its data and what enrichers added. */
export type PlainEvent = Omit<DecodedEvent, "id" | "type" | "source" | "subject" | "data" | "enriched"> &
  Readonly<Record<"id" | "type" | "source" | "subject" | "data", string>> & { readonly enriched?: string };

/** What was decoded, in a form that outlasts the next message and can be compared. */
export function plain(outcome: DecodedEvent | Refusal): PlainEvent | Refusal {
  if (isRefusal(outcome)) return outcome;
  const { data, enriched, id, source, subject, type, ...rest } = outcome;
  return {
    ...rest,
    id: spanText(id),
    type: spanText(type),
    source: spanText(source),
    subject: spanText(subject),
    data: jsonText(data.tape, data.place),
    ...(enriched === NO_FIELDS ? {} : { enriched: jsonText(enriched.tape, enriched.place) }),
  };
}
