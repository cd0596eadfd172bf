import { resolveField, type EventDefinition, type FieldType } from "../../model/index.ts";

/** The type of a field in the first of the events that has it. */
export function fieldType(events: readonly EventDefinition[], ref: string): FieldType | undefined {
  for (const event of events) {
    const field = resolveField(event, ref);
    if (!("problem" in field)) return field.type;
  }
  return undefined;
}

/** A word of the command line as a value of a field's type. What does not fit stays text, and the query says what it should be. */
export function typedValue(type: FieldType | undefined, text: string): string | number | boolean {
  if (type === "boolean" && /^(true|false)$/.test(text)) return text === "true";
  const isNumber = text.trim() !== "" && Number.isFinite(Number(text));
  if (type === "number" && isNumber) return Number(text);
  // Beyond 2^53 a whole number keeps its digits as text.
  return type === "integer" && isNumber && (Number.isSafeInteger(Number(text)) || !/^-?\d+$/.test(text)) ? Number(text) : text;
}
