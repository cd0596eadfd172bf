import { jsonText } from "../json/json-text.ts";
import { isRefusal, type DecodedEvent, type Refusal } from "./outcome.ts";
import { spanText } from "./span.ts";

/** An event with texts for its spans and its data. */
export type PlainEvent = Omit<DecodedEvent, "id" | "type" | "source" | "subject" | "data"> &
  Readonly<Record<"id" | "type" | "source" | "subject" | "data", string>>;

/** What was decoded, in a form that outlasts the next message and can be compared. */
export function plain(outcome: DecodedEvent | Refusal): PlainEvent | Refusal {
  if (isRefusal(outcome)) return outcome;
  const { data, id, source, subject, type } = outcome;
  return {
    ...outcome,
    id: spanText(id),
    type: spanText(type),
    source: spanText(source),
    subject: spanText(subject),
    data: jsonText(data.tape, data.place),
  };
}
