/** What a field holds, by its type, for error sentences. */
export const FIELD_WORDS = { string: "text", number: "a number", integer: "a whole number", boolean: "true or false" } as const;
