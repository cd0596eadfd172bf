import { parseMoment, parseRelativeMoment, type Present } from "../../model/index.ts";
import { QueryError } from "../query-error.ts";

const NAME = /^[A-Za-z][\w-]{0,99}$/;

/** Whether a past state is written as the name of a saved watermark. Words for a time, such as "yesterday", are none. */
export function isWatermarkName(text: unknown, present: Present): text is string {
  return typeof text === "string" && NAME.test(text) && !isTime(text, present);
}

/** @throws QueryError, one sentence, if no watermark can be saved under this name */
export function checkWatermarkName(name: string, present: Present): void {
  if (isWatermarkName(name, present)) return;
  const shown = JSON.stringify(name);
  throw new QueryError(
    NAME.test(name)
      ? `${shown} cannot name a watermark, because it is read as a time: choose another name.`
      : `${shown} cannot name a watermark: write letters, digits, "-" and "_", beginning with a letter, 100 at most.`,
  );
}

function isTime(text: string, present: Present): boolean {
  return (parseMoment(text, present.timezone) ?? parseRelativeMoment(text, present)) !== undefined;
}
