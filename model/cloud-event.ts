/**
 * A CloudEvents 1.0 event in its JSON shape, as producers and generators hold it.
 * `time` is event time and `recordedtime` (an extension) knowledge time, both RFC 3339; `dataversion` (an extension) is the schema version of `data`.
 * Source: https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/spec.md
 */
export interface CloudEvent<Type extends string = string, Data = unknown> {
  readonly specversion: "1.0";
  readonly id: string;
  readonly source: string;
  readonly type: Type;
  readonly subject?: string;
  readonly time?: string;
  readonly recordedtime?: string;
  readonly dataversion?: number;
  readonly data?: Data;
}
