import { readFileSync } from "node:fs";

/** Clock ticks a second in /proc/<pid>/stat: 100 on every Linux that Node runs on. */
const MICROS_A_TICK = 10_000;

/** User and system time of a running process in microseconds; undefined where there is no /proc. */
export function processCpuMicros(pid: number): number | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    // The program's name stands in parentheses and may contain spaces: count fields after it.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return (Number(fields[11]) + Number(fields[12])) * MICROS_A_TICK;
  } catch {
    return undefined;
  }
}
