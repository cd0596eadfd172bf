/** Name of the checkpoint that guards the dead letters of a stream; no stream can have it, as their names hold no dot. */
export function replayLane(stream: string): string {
  return `${stream}.dead-letters`;
}
