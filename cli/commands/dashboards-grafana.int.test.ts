import { serve, type ServerType } from "@hono/node-server";
import { Hono } from "hono";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { freePort } from "../../tests/support/free-port.ts";
import { userProject, type UserProject } from "../../tests/support/user-project.ts";

type Dashboard = Readonly<Record<string, unknown>> & { readonly uid: string; readonly panels: readonly Record<string, unknown>[] };

/** What Grafana's HTTP API does with dashboards: it numbers them, keeps one for each uid, and wants a token. */
function grafana(held: Map<string, Dashboard>): Hono {
  const app = new Hono().basePath("/grafana");
  app.use(async ({ json, req }, next) => {
    const token = req.header("authorization");
    if (token === "Bearer reader" && req.method === "POST") return json({ message: "You'll need additional permissions" }, 403);
    if (token !== "Bearer editor" && token !== "Bearer reader") return json({ message: "Invalid API key" }, 401);
    await next();
    return undefined;
  });
  app.get("/api/dashboards/uid/:uid", ({ json, req }) => {
    const dashboard = held.get(req.param("uid"));
    return dashboard ? json({ meta: { version: dashboard["version"] }, dashboard }) : json({ message: "Dashboard not found" }, 404);
  });
  app.delete("/api/dashboards/uid/:uid", ({ json, req }) =>
    held.delete(req.param("uid"))
      ? json({ title: "gone", message: "Dashboard gone deleted" })
      : json({ message: "Dashboard not found" }, 404),
  );
  app.get("/api/search", ({ json, req }) => {
    const tags = req.queries("tag") ?? [];
    const found = [...held.values()].filter((dashboard) => tags.every((tag) => (dashboard["tags"] as string[]).includes(tag)));
    return json(found.map(({ tags: own, title, uid }) => ({ id: 1, uid, title, type: "dash-db", tags: own })));
  });
  app.post("/api/dashboards/db", async ({ json, req }) => {
    const { dashboard, overwrite } = await req.json<{ dashboard: Dashboard; overwrite: boolean }>();
    const before = held.get(dashboard.uid);
    if (dashboard["id"] !== null || !overwrite) return json({ message: "A dashboard with the same uid already exists" }, 412);
    held.set(dashboard.uid, { ...dashboard, id: held.size + 1, version: Number(before?.["version"] ?? 0) + 1 });
    return json({ status: "success", uid: dashboard.uid, url: `/grafana/d/${dashboard.uid}/x` });
  });
  return app;
}

describe("dashboards diff and push", () => {
  const held = new Map<string, Dashboard>();
  let server: ServerType;
  let project: UserProject;
  let url: string;
  beforeEach(async () => {
    held.clear();
    server = serve({ fetch: grafana(held).fetch, hostname: "127.0.0.1", port: 0 });
    await once(server, "listening");
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/grafana`;
    project = await userProject("git");
  });
  afterEach(async () => {
    server.close();
    await project.remove();
  });
  const run = (what: string, token: string, at = url) =>
    project.run(["dashboards", what, "--grafana", at], token === "" ? {} : { HYDROGRAPH_GRAFANA_TOKEN: token });

  it("tells what is new and what was edited, writes it, and then has nothing to do", async () => {
    expect((await run("diff", "reader")).stdout).toMatch(/overview: new, with \d+ panels and rows\n(.*\n)*.*pipeline health: new/i);
    const pushed = await run("push", "editor");
    expect([pushed.code, pushed.stdout]).toEqual([0, expect.stringContaining(`written, ${url}/d/`)]);
    expect((await run("diff", "reader")).code).toBe(0);
    const [first] = held.values();
    held.set(first!.uid, { ...first!, refresh: "1h", panels: first!.panels.slice(1) });
    const differs = await run("diff", "reader");
    expect([differs.code, differs.stdout]).toEqual([3, expect.stringMatching(/differs\n {2}\+ .+\n {2}~ refresh\n/)]);
    expect((await run("push", "editor")).stdout).toMatch(/: as it should be\n/);
    expect([...held.values()].map(({ version }) => version)).toEqual([2, ...Array.from({ length: held.size - 1 }, () => 1)]);
  });

  it("deletes what the project no longer has, and no dashboard that somebody made of it or that is another project's", async () => {
    await run("push", "editor");
    const [first] = held.values();
    const others = [
      { ...first!, uid: "abcdefgh", title: "my copy" },
      { ...first!, uid: first!.uid.replace("hydrograph-", "hydrograph-other-"), title: "other: overview", tags: ["hydrograph", "other"] },
    ];
    const gone = { ...first!, uid: first!.uid.replace(/overview$/, "explore-renamed"), title: "renamed" };
    for (const dashboard of [gone, ...others]) held.set(dashboard.uid, dashboard);
    expect(gone.uid).not.toBe(first!.uid);
    const differs = await run("diff", "reader");
    expect([differs.code, differs.stdout]).toEqual([
      3,
      expect.stringMatching(/\nrenamed: the project no longer has it, and push deletes it\n$/),
    ]);
    expect((await run("push", "editor")).stdout).toMatch(/\nrenamed: deleted, as the project no longer has it\n$/);
    expect([...held.keys()]).not.toContain(gone.uid);
    expect([...held.keys()]).toEqual(expect.arrayContaining(others.map(({ uid }) => uid)));
    expect((await run("diff", "reader")).code).toBe(0);
  });

  it.each([
    ["push", "reader", /may not write dashboards .*additional permissions/, 1],
    ["diff", "wrong", /does not know the token .*HYDROGRAPH_GRAFANA_TOKEN/, 1],
    ["diff", "", /Set HYDROGRAPH_GRAFANA_TOKEN/, 2],
  ])("%s with the token %j ends with a sentence", async (what, token, sentence, exit) => {
    const { code, stderr } = await run(what, token);
    expect([code, stderr]).toEqual([exit, expect.stringMatching(sentence)]);
    expect(stderr.trim().split("\n")).toHaveLength(1);
    expect(held.size).toBe(0);
  });

  it("ends with a sentence where another server answers", async () => {
    const { code, stderr } = await run("push", "editor", new URL("/elsewhere", url).href);
    expect([code, stderr]).toEqual([1, expect.stringMatching(/\/elsewhere is no Grafana: it has no \/api\/search\.\n$/)]);
    expect(held.size).toBe(0);
  });

  it("ends with a sentence where no Grafana is", async () => {
    const nowhere = `http://127.0.0.1:${await freePort()}`;
    const { code, stderr } = await run("push", "editor", nowhere);
    expect([code, stderr]).toEqual([
      1,
      `hydrograph: Grafana does not answer at ${nowhere} (ECONNREFUSED): start it, or name it with --grafana.\n`,
    ]);
    expect(await run("push", "editor", "localhost")).toMatchObject({ code: 2, stderr: expect.stringContaining("http://127.0.0.1:3000") });
  });
});
