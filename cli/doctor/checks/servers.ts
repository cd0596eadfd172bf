import { showBytes } from "../../output/numbers.ts";
import type { Facts } from "../facts.ts";
import { given, type Finding } from "../finding.ts";

/** Oldest nats-server that the tests run on. */
const NATS_SINCE = [2, 9] as const;
/** The `JSON` type of ClickHouse needs no experimental setting from here on; the tests run on 26.7. */
const JSON_SINCE = [25, 3] as const;
const TESTED_SINCE = [26, 0] as const;

/** Whether both servers answer, are of a version that is known to work, and take no more than ingest does. */
export function checkServers({ clickhouse, nats, project }: Facts): readonly Finding[] {
  return [
    ...answers("NATS", nats),
    ...natsVersion(nats),
    ...largestMessage(nats, project.limits.maxPayload),
    ...answers("ClickHouse", clickhouse),
    ...clickhouseVersion(clickhouse),
  ];
}

function answers(area: "NATS" | "ClickHouse", server: Facts["nats"] | Facts["clickhouse"]): Finding[] {
  const name = "answers";
  if ("value" in server) return [{ area, name, status: "ok", sentence: `${area === "NATS" ? "JetStream" : area} answers.` }];
  return [
    { area, name, status: "fail", sentence: server.unknown, fix: `start ${area}, or say where it is with --${area.toLowerCase()} <url>` },
  ];
}

function natsVersion(nats: Facts["nats"]): readonly Finding[] {
  const about = { area: "NATS", name: "version" } as const;
  return given(nats, about, ({ server: { version } }) => {
    if (isAtLeast(version, NATS_SINCE)) return [{ ...about, status: "ok", sentence: `nats-server ${version}.` }];
    return [{ ...about, status: "fail", sentence: `nats-server ${version} is older than 2.9.`, fix: "install nats-server 2.9 or newer" }];
  });
}

function largestMessage(nats: Facts["nats"], most: number): readonly Finding[] {
  const about = { area: "NATS", name: "largest message" } as const;
  return given(nats, about, ({ server: { maxPayload } }) => {
    if (maxPayload <= most) return [{ ...about, status: "ok", sentence: "Every message that NATS takes is small enough for ingest." }];
    const sentence = `NATS takes messages of ${showBytes(maxPayload)}, and those above ${showBytes(most)} become dead letters.`;
    return [
      {
        ...about,
        status: "warn",
        sentence,
        fix: `limits: { maxPayload: ${maxPayload} } in hydrograph.config.ts, or a lower max_payload of NATS`,
      },
    ];
  });
}

function clickhouseVersion(clickhouse: Facts["clickhouse"]): readonly Finding[] {
  const about = { area: "ClickHouse", name: "version" } as const;
  return given(clickhouse, about, ({ version }) => {
    if (isAtLeast(version, TESTED_SINCE)) return [{ ...about, status: "ok", sentence: `ClickHouse ${version}.` }];
    const fix = "install ClickHouse 26.x";
    return isAtLeast(version, JSON_SINCE)
      ? [{ ...about, status: "warn", sentence: `ClickHouse ${version} is older than what hydrograph is tested with.`, fix }]
      : [{ ...about, status: "fail", sentence: `ClickHouse ${version} has no JSON type that is ready for use: it came with 25.3.`, fix }];
  });
}

/** Compares the first two numbers of a version. */
export function isAtLeast(version: string, [wantedMajor, wantedMinor]: readonly [number, number]): boolean {
  const [major = 0, minor = 0] = version.split(".").map((part) => Number.parseInt(part, 10));
  return major > wantedMajor || (major === wantedMajor && minor >= wantedMinor);
}
