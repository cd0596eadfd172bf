/** A running Grafana, over its HTTP API. Source: https://grafana.com/docs/grafana/latest/developers/http_api/dashboard/ */
export interface Grafana {
  /** The dashboard of a uid as Grafana holds it; undefined = there is none. */
  read(uid: string): Promise<Readonly<Record<string, unknown>> | undefined>;
  /** The dashboards that have all of these tags. */
  tagged(tags: readonly string[]): Promise<readonly HeldDashboard[]>;
  /** Deletes the dashboard of a uid, if there is one. */
  remove(uid: string): Promise<void>;
  /** Puts a dashboard in the place of what there is under its uid. @returns where it is shown */
  write(dashboard: Readonly<Record<string, unknown>>, options: { readonly message: string; readonly folderUid?: string }): Promise<string>;
}

/** A dashboard that Grafana holds. */
export interface HeldDashboard {
  readonly uid: string;
  readonly title: string;
}

/** Grafana does not do what it is asked: one sentence that names the way out. */
export class GrafanaError extends Error {
  override readonly name = "GrafanaError";
}

const TIMEOUT_MS = 30_000;
/** The most that Grafana finds at once. */
const MOST_FOUND = 5_000;

/**
 * @param url e.g. "http://127.0.0.1:3000", with the path that Grafana is served under, if any
 * @param token of a service account that may write dashboards
 */
export function connectGrafana(url: string, token: string, signal?: AbortSignal): Grafana {
  const base = url.replace(/\/+$/, "");
  const request = async (path: string, method = "GET", body?: unknown): Promise<Response> => {
    const timeout = AbortSignal.timeout(TIMEOUT_MS);
    const response = await fetch(`${base}${path}`, {
      method,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      headers: {
        accept: "application/json",
        authorization: `Bearer ${token}`,
        ...(body === undefined ? {} : { "content-type": "application/json" }),
      },
      signal: signal ? AbortSignal.any([timeout, signal]) : timeout,
    }).catch((error: unknown) => {
      signal?.throwIfAborted();
      throw unreachable(base, error);
    });
    if (response.ok || response.status === 404) return response;
    throw await refused(base, response);
  };
  return {
    read: async (uid) => {
      const response = await request(`/api/dashboards/uid/${encodeURIComponent(uid)}`);
      if (response.status !== 404) return ((await jsonOf(base, response)) as { dashboard: Readonly<Record<string, unknown>> }).dashboard;
      await response.body?.cancel();
      return undefined;
    },
    tagged: async (tags) => {
      const query = new URLSearchParams({ type: "dash-db", limit: String(MOST_FOUND) });
      for (const tag of tags) query.append("tag", tag);
      const response = await request(`/api/search?${query.toString()}`);
      if (response.status === 404) throw noGrafana(base, "/api/search");
      const found = (await jsonOf(base, response)) as readonly HeldDashboard[];
      return found.map(({ title, uid }) => ({ title, uid }));
    },
    remove: async (uid) => {
      const response = await request(`/api/dashboards/uid/${encodeURIComponent(uid)}`, "DELETE");
      await response.body?.cancel();
    },
    write: async (dashboard, { folderUid, message }) => {
      const body = { dashboard: { ...dashboard, id: null }, overwrite: true, message, ...(folderUid === undefined ? {} : { folderUid }) };
      const response = await request("/api/dashboards/db", "POST", body);
      if (response.status === 404) throw noGrafana(base, "/api/dashboards/db");
      const { url: path } = (await jsonOf(base, response)) as { url: string };
      return new URL(path, `${base}/`).href;
    },
  };
}

async function jsonOf(base: string, response: Response): Promise<unknown> {
  return response.json().catch(() => {
    throw new GrafanaError(`${base} answers no JSON: is it a Grafana?`);
  });
}

function noGrafana(base: string, path: string): GrafanaError {
  return new GrafanaError(`${base} is no Grafana: it has no ${path}.`);
}

function unreachable(base: string, error: unknown): GrafanaError {
  const { cause, message } = error as Error & { cause?: { code?: string } };
  return new GrafanaError(`Grafana does not answer at ${base} (${cause?.code ?? message}): start it, or name it with --grafana.`, {
    cause: error,
  });
}

async function refused(base: string, response: Response): Promise<GrafanaError> {
  const told = (await response.json().catch(() => undefined)) as { message?: string } | undefined;
  const words = told?.message === undefined ? "" : ` (${told.message})`;
  if (response.status === 401)
    return new GrafanaError(
      `Grafana at ${base} does not know the token${words}: make one for a service account, and set HYDROGRAPH_GRAFANA_TOKEN.`,
    );
  if (response.status === 403)
    return new GrafanaError(`The token may not write dashboards in Grafana at ${base}${words}: give its service account the role Editor.`);
  return new GrafanaError(`Grafana at ${base} answered ${response.status}${words}.`);
}
