/** What a measured process says of itself. */
export interface ChildReport {
  readonly seconds: number;
  /** User and system time of the process, microseconds. */
  readonly cpuMicros: number;
  /** Peak resident memory, MiB. */
  readonly peakMb: number;
}
