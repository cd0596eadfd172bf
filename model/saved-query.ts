/** A question with a name, to be asked again. Made by `defineQuery`, which knows what each kind of question takes. */
export interface SavedQuery<Name extends string = string, Kind extends string = string> {
  readonly name: Name;
  readonly description?: string;
  /** The kind of question: the name of the function that answers it, e.g. "trend". */
  readonly ask: Kind;
  /** What that function takes, as plain values: metrics and events by name, moments as text or microseconds. */
  readonly request: Readonly<Record<string, unknown>>;
}
