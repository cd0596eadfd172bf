import { checkClocks } from "./checks/clocks.ts";
import { checkInserts } from "./checks/inserts.ts";
import { checkLanes } from "./checks/lanes.ts";
import { checkRights } from "./checks/rights.ts";
import { checkServers } from "./checks/servers.ts";
import { checkSpace } from "./checks/space.ts";
import { checkStreams } from "./checks/streams.ts";
import { checkTables } from "./checks/tables.ts";
import type { Facts } from "./facts.ts";
import { AREAS, type Check, type Finding } from "./finding.ts";
import { guaranteesOf, type Guarantee } from "./guarantee.ts";

/** Every check. */
const CHECKS: readonly Check[] = [checkServers, checkSpace, checkStreams, checkInserts, checkTables, checkLanes, checkClocks, checkRights];

/** What `hydrograph doctor` answers. */
export interface Diagnosis {
  /** Whether no check failed. */
  readonly ok: boolean;
  /** By area. */
  readonly findings: readonly Finding[];
  readonly guarantees: readonly Guarantee[];
}

/** Judges the facts. */
export function examine(facts: Facts): Diagnosis {
  const findings = CHECKS.flatMap((check) => check(facts)).toSorted((a, b) => AREAS.indexOf(a.area) - AREAS.indexOf(b.area));
  return { ok: findings.every(({ status }) => status !== "fail"), findings, guarantees: guaranteesOf(facts) };
}
