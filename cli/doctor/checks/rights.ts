import type { Facts } from "../facts.ts";
import { given, type Finding } from "../finding.ts";

/** Whether this user may do what a worker does, and no harm. */
export function checkRights(facts: Facts): readonly Finding[] {
  return [...reading(facts), ...destroyingLog(facts), ...destroyingTables(facts)];
}

function reading({ nats }: Facts): readonly Finding[] {
  const about = { area: "permissions", name: "reading the log" } as const;
  return given(nats, about, ({ bucket, streams }) => {
    const closed = streams.flatMap((stream): Finding[] => {
      if (!stream || stream.reading.ok) return [];
      const fix = `allow the user to publish to $JS.API.CONSUMER.> and to subscribe to _INBOX.>`;
      return [{ ...about, name: `reading ${stream.name}`, status: "fail", sentence: `It cannot be read: ${stream.reading.reason}.`, fix }];
    });
    const findings: Finding[] = closed.length > 0 ? closed : [{ ...about, status: "ok", sentence: "The streams can be read." }];
    if (bucket?.mayWrite === false) {
      const sentence = `Checkpoints cannot be written to the bucket ${bucket.name}: no lane can be claimed.`;
      findings.push({
        ...about,
        name: "writing checkpoints",
        status: "fail",
        sentence,
        fix: `allow the user to publish to $KV.${bucket.name}.>`,
      });
    }
    return findings;
  });
}

function destroyingLog({ nats }: Facts): readonly Finding[] {
  const about = { area: "permissions", name: "deleting from the log" } as const;
  return given(nats, about, ({ server: { mayDelete } }): Finding[] => {
    if (mayDelete === undefined)
      return [{ ...about, status: "unknown", sentence: "Whether this user of NATS may delete was not answered." }];
    if (!mayDelete) return [{ ...about, status: "ok", sentence: "This user of NATS may not." }];
    const fix = "deny it $JS.API.STREAM.DELETE.>, $JS.API.STREAM.PURGE.> and $JS.API.STREAM.MSG.DELETE.>, as deploy/nats/nats.conf does";
    return [
      {
        ...about,
        status: "warn",
        sentence: "This user of NATS may delete streams and messages, which no command of hydrograph does.",
        fix,
      },
    ];
  });
}

function destroyingTables({ destructive, project }: Facts): readonly Finding[] {
  const about = { area: "permissions", name: "dropping tables" } as const;
  return given(destructive, about, (rights): Finding[] => {
    if (!rights) return [{ ...about, status: "unknown", sentence: "This user of ClickHouse has roles, which are not looked into." }];
    if (rights.length === 0) return [{ ...about, status: "ok", sentence: "This user of ClickHouse may not." }];
    const sentence = `This user of ClickHouse has ${rights.join(", ")} on ${project.name}, which ingest does not need.`;
    return [
      { ...about, status: "warn", sentence, fix: "give the worker a user with SELECT and INSERT, as deploy/clickhouse/users.xml does" },
    ];
  });
}
