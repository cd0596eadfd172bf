export { connectJetStream, type JetStream, type JetStreamOptions } from "./connect.ts";
export { eventMessage, type EventMessageOptions } from "./event-message.ts";
export type { LaneEntry, LaneIntent, Lanes, LaneValue } from "./lanes.ts";
export { replayLane } from "./replay-lane.ts";
export type { RangeOptions } from "./read-range.ts";
export type { OutgoingMessage, PublishOptions, PublishSummary } from "./publish.ts";
export type { LogMessage, ReaderOptions, ReaderStatus, StreamReader } from "./read-stream.ts";
export type { StreamChange, StreamState } from "./streams.ts";
