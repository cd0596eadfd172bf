import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import git from "../examples/git/hydrograph.config.ts";
import shop from "../examples/shop/hydrograph.config.ts";
import { buildDashboards } from "../dashboards/index.ts";

const read = (path: string): string => readFileSync(new URL(`../${path}`, import.meta.url), "utf8");
const compose = read("docker-compose.yml");
const [, servicesPart = ""] = /\nservices:\n([\s\S]*?)\nvolumes:\n/.exec(compose) ?? [];
/** Each service's text, by name: two spaces of indent begin a service. */
const services = Object.fromEntries(
  servicesPart.split(/\n(?= {2}\w+:\n)/).map((text) => [/^\s*(\w+):/.exec(text)?.[1] ?? "", text.replace(/^\s*#.*$/gm, "")]),
);
/** The profiles that a service is in; undefined = it is in all. */
const profilesOf = (name: string): string[] | undefined => /profiles: \[(.*)\]/.exec(services[name] ?? "")?.[1]?.split(", ");
/** The services that a profile starts. */
const running = (profile: string): string[] => Object.keys(services).filter((name) => profilesOf(name)?.includes(profile) ?? true);
const images = [...`${compose}\n${read("Dockerfile")}`.matchAll(/^\s*(?:image:|FROM) (\S+)/gm)].map(([, image = ""]) => image);

describe("docker-compose.yml", () => {
  test("has the servers and the migration before the worker and the page", () => {
    expect(Object.keys(services)).toEqual([
      "nats",
      "nats1",
      "nats2",
      "nats3",
      "clickhouse",
      "migrate",
      "ingest",
      "shop",
      "page",
      "grafana",
    ]);
    expect(services["ingest"]).toMatch(/migrate: \{ condition: service_completed_successfully \}/);
    for (const server of ["nats", "nats1", "nats2", "nats3", "clickhouse"])
      expect(services["migrate"]).toMatch(new RegExp(` ${server}: \\{ condition: service_healthy(, required: false)? \\}`));
    for (const name of ["ingest", "shop", "page"])
      expect(services[name]).toMatch(/<<: \*servers\n\s+migrate: \{ condition: service_completed_successfully \}/);
  });

  test("has the profiles full, minimal and cluster, each with all that it needs", () => {
    const always = ["clickhouse", "migrate", "ingest", "page"];
    expect(running("full")).toEqual(["nats", ...always, "grafana"]);
    expect(running("minimal")).toEqual(["nats", ...always]);
    expect(running("cluster")).toEqual(["nats1", "nats2", "nats3", ...always, "grafana"]);
    // The example's events come with any of them, and with no project but the example's.
    expect(running("shop")).toEqual([...always.slice(0, -1), "shop", "page"]);
    // What only some profiles have must not be demanded by what all have.
    for (const name of always)
      for (const [, dependency = "", rest = ""] of (services[name] ?? "").matchAll(/^ {6}(\w+): \{ condition: service_\w+(.*) \}$/gm))
        if (profilesOf(dependency)) expect(`${name} needs ${dependency}${rest}`).toMatch(/, required: false$/);
    expect(/^COMPOSE_PROFILES=(\S+)$/m.exec(read(".env.example"))?.[1]).toBe("full,shop");
    expect(read(".env.example")).toMatch(/^HYDROGRAPH_PROJECT=\.\/examples\/shop$/m);
    expect(compose).toMatch(/^x-profiles: \$\{COMPOSE_PROFILES:\?/m);
  });

  test("gives the three servers of the cluster the name of the one, each other's routes, and a volume each", () => {
    const routes = /routes: \[(.*)\]/.exec(read("deploy/nats/cluster.conf"))?.[1];
    expect(routes).toBe([1, 2, 3].map((server) => `"nats://nats${server}:6222"`).join(", "));
    for (const name of ["nats1", "nats2", "nats3"]) {
      expect(services[name]).toContain("aliases: [nats]");
      expect(services[name]).toContain(`"--name", "${name}"`);
      expect(services[name]).toContain(`- ${name}:/data`);
      expect(services[name]).not.toMatch(/6222/);
    }
  });

  test("makes the example's events with the program that the image has", () => {
    const [, program = ""] = /entrypoint: \["node", "(.*)"\]/.exec(services["shop"] ?? "") ?? [];
    expect(read("scripts/bundle.mjs")).toContain(`"${program.replace(/^dist\//, "").replace(/\.js$/, ".ts")}"`);
    expect(read(program.replace(/^dist\//, "").replace(/\.js$/, ".ts"))).toMatch(/HYDROGRAPH_NATS_URL[\s\S]*HYDROGRAPH_NATS_USER/);
  });

  test("shows the page on this machine, and Grafana opens on the overview", () => {
    expect(services["page"]).toContain('ports: ["127.0.0.1:8080:8080"]');
    expect(services["page"]).toMatch(/HYDROGRAPH_TOKEN: \$\{HYDROGRAPH_TOKEN:\?/);
    expect(services["grafana"]).toMatch(/DEFAULT_HOME_DASHBOARD_PATH: .*\$\{HYDROGRAPH_DATABASE\}\/overview\.json/);
  });

  test.each(images)("%s is pinned to a version", (image) => {
    expect(image).toMatch(/^hydrograph:local$|:\d+\.\d+\.\d+/);
  });

  test.each(Object.entries(services))("%s publishes to 127.0.0.1 only", (_, service) => {
    const ports = [...service.matchAll(/ports: \[(.*)\]/g)].map(([, port]) => port);
    expect(service.match(/ports:/g)?.length ?? 0).toBe(ports.length);
    for (const port of ports) expect(port).toMatch(/^"127\.0\.0\.1:\d+:\d+"$/);
  });

  test.each(["nats", "clickhouse", "grafana"])("%s has a health check, and data that outlives it", (name) => {
    expect(services[name]).toMatch(/healthcheck:(?: &[\w-]+)?\n\s+test: \["CMD"/);
    expect(services[name]).toMatch(new RegExp(`- ${name}:/`));
    expect(compose).toMatch(new RegExp(`\\nvolumes:\\n(.*\\n)*  ${name}:`));
  });

  test("mounts the user's project, ClickHouse's users and Grafana's dashboards", () => {
    expect(compose.match(/:ro$/gm)).toHaveLength(14);
  });

  test.each(Object.entries(services))("%s mounts files read-only", (_, service) => {
    const mounts = [...service.matchAll(/^ +- (.*:\/.*)$/gm)].map(([, mount = ""]) => mount).filter((mount) => !/^\w+:\//.test(mount));
    for (const mount of mounts) expect(mount).toMatch(/:ro$/);
  });

  test("takes every password from .env, and says so when one is absent", () => {
    const passwords = [...compose.matchAll(/PASSWORD: (.*)/g)].map(([, value = ""]) => value);
    expect(passwords.length).toBeGreaterThan(5);
    for (const value of passwords) expect(value).toMatch(/^'?"?\$\{[A-Z_]+PASSWORD(:\?set it in \.env, see \.env\.example)?\}"?'?$/);
    const required = new Set([...compose.matchAll(/\$\{([A-Z_]+):\?/g)].map(([, name]) => name));
    expect(new Set([...compose.matchAll(/\$\{([A-Z_]+)/g)].map(([, name]) => name))).toEqual(required);
    const example = [...read(".env.example").matchAll(/^([A-Z_]+)=(.*)$/gm)];
    expect(new Set(example.map(([, name]) => name))).toEqual(required);
    const empty = example.filter(([, , value]) => value === "").map(([, name]) => name);
    expect(empty).toEqual(example.map(([, name]) => name).filter((name) => /(PASSWORD|TOKEN)$/.test(name ?? "")));
  });

  test("lets nobody into Grafana without a password", () => {
    expect(services["grafana"]).toContain('GF_AUTH_ANONYMOUS_ENABLED: "false"');
    expect(services["grafana"]).toContain('GF_USERS_ALLOW_SIGN_UP: "false"');
  });

  test("installs the plugin that the dashboards are written for", async () => {
    const [, installed] = /grafana-clickhouse-datasource@([\d.]+)/.exec(compose) ?? [];
    expect((await buildDashboards(shop))[0]?.json).toContain(`"pluginVersion": "${installed}"`);
  });

  test("gives the worker the environment that the command reads", () => {
    const known = read("cli/config/environment.ts");
    const given = [...`${services["migrate"]}${services["ingest"]}${services["page"]}`.matchAll(/\n {6}HYDROGRAPH_(\w+):/g)].map(
      ([, name]) => name,
    );
    expect(given.length).toBeGreaterThan(5);
    for (const name of given) expect(known).toContain(`"${name}"`);
  });
});

describe("users", () => {
  const users = read("deploy/clickhouse/users.xml").replace(/<!--[\s\S]*?-->/g, "");
  const granted = [...compose.matchAll(/_GRANT: (.*)/g)].map(([, grant]) => grant);

  test("of ClickHouse have grants of their own, on the project's database alone", () => {
    expect(granted).toEqual([
      "GRANT SELECT, INSERT, CREATE DATABASE, CREATE TABLE, CREATE VIEW ON ${HYDROGRAPH_DATABASE:?set it in .env, see .env.example}.*",
      "GRANT SELECT ON ${HYDROGRAPH_DATABASE}.*",
    ]);
    expect([...users.matchAll(/<query>(.*)<\/query>/g)].map(([, query]) => query)).toEqual([
      "GRANT SELECT ON system.disks",
      "GRANT SELECT ON system.merge_tree_settings",
      "GRANT SELECT ON system.parts",
      "GRANT SELECT ON system.parts",
    ]);
    expect(users.match(/<grants>/g)).toHaveLength(2);
    expect(users).not.toMatch(/access_management|<default>/);
  });

  test("of ClickHouse have no password in the file", () => {
    expect(users.match(/<password from_env="[A-Z_]+_CLICKHOUSE_PASSWORD"\/>/g)).toHaveLength(2);
    expect(users).not.toMatch(/<password>|password_sha/);
    for (const [, name] of users.matchAll(/from_env="(\w+)"/g)) expect(services["clickhouse"]).toContain(`${name}:`);
  });

  test("Grafana's is read-only, with limits, and may set the time-out that the plugin sends", () => {
    const [, profile = ""] = /<profiles>[\s\S]*<grafana>([\s\S]*)<\/grafana>/.exec(users) ?? [];
    expect(profile).toContain("<readonly>1</readonly>");
    for (const limit of ["max_memory_usage", "max_threads", "max_result_rows", "max_concurrent_queries_for_user"])
      expect(profile).toMatch(new RegExp(`<${limit}>\\d+</${limit}>`));
    const [, timeout = ""] = /<constraints>\s*<max_execution_time>([\s\S]*)<\/max_execution_time>\s*<\/constraints>/.exec(profile) ?? [];
    expect(timeout).toContain("<changeable_in_readonly/>");
    expect(Number(/<max>(\d+)<\/max>/.exec(timeout)?.[1])).toBeGreaterThanOrEqual(65);
  });

  test("of NATS cannot delete from the log", () => {
    const denied = /deny: (\[.*\])/.exec(read("deploy/nats/nats.conf"))?.[1] ?? "[]";
    expect(JSON.parse(denied)).toEqual(["$JS.API.STREAM.DELETE.>", "$JS.API.STREAM.PURGE.>", "$JS.API.STREAM.MSG.DELETE.>"]);
  });
});

describe("Grafana's provisioning", () => {
  test("names the data source that the dashboards choose, and reads it as the read-only user", async () => {
    const datasource = read("deploy/grafana/provisioning/datasources/clickhouse.yaml");
    expect(datasource).toMatch(/uid: clickhouse\n\s+type: grafana-clickhouse-datasource/);
    expect(datasource).toMatch(/username: grafana\n/);
    expect(datasource).toContain("password: $GRAFANA_CLICKHOUSE_PASSWORD");
    for (const { json } of await buildDashboards(shop)) expect(json).toMatch(/"value": "clickhouse"/);
  });

  test("finds the dashboards where docker-compose.yml puts them", () => {
    const [, path = "-"] = /path: (\S+)/.exec(read("deploy/grafana/provisioning/dashboards/hydrograph.yaml")) ?? [];
    expect(services["grafana"]).toContain(`./dashboards/generated:${path}:ro`);
    for (const project of [shop, git])
      expect(read(`dashboards/generated/${project.name}/overview.json`)).toContain(`"${project.name}: overview"`);
  });

  test("finds the alerts of the project, on the data source that is provisioned", () => {
    expect(services["grafana"]).toContain("./dashboards/generated/${HYDROGRAPH_DATABASE}/alerts:/etc/grafana/provisioning/alerting:ro");
    for (const project of [shop, git])
      expect(read(`dashboards/generated/${project.name}/alerts/alerts.yaml`)).toContain('"datasourceUid": "clickhouse"');
  });
});
