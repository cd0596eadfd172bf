import { useEffect, useState } from "preact/hooks";

/** The views of the page. */
export const VIEWS = ["overview", "board", "explore", "health", "entity", "sql"] as const;
export type View = (typeof VIEWS)[number];

/** What is looked at. It stands in the address, so that a link or a bookmark shows the same. */
export interface Route {
  readonly view: View;
  readonly params: Readonly<Record<string, string>>;
}

/** Reads what follows "#" in an address, e.g. "#/explore?metric=orders&range=7d". */
export function parseRoute(hash: string): Route {
  const [path = "", search = ""] = hash.replace(/^#\/?/, "").split("?");
  const view = VIEWS.find((name) => name === path) ?? "overview";
  return { view, params: Object.fromEntries(new URLSearchParams(search)) };
}

/** The address of a route; parts that are empty are left out. */
export function routeHash({ params, view }: Route): string {
  const search = new URLSearchParams(Object.entries(params).filter(([, value]) => value !== "")).toString();
  return `#/${view}${search === "" ? "" : `?${search}`}`;
}

/** Parts of a route that hold in every view: they go along. */
const SHARED = ["range", "from", "to", "zone", "every"] as const;

/** The address of another view at the same time, with more said about it. */
export function linkTo(route: Route, view: View, params: Readonly<Record<string, string>> = {}): string {
  const shared = Object.fromEntries(SHARED.flatMap((name) => (route.params[name] === undefined ? [] : [[name, route.params[name]]])));
  return routeHash({ view, params: { ...shared, ...params } });
}

/** Changes parts of the route; each change is a step that the browser can take back. */
export type ChangeRoute = (params: Readonly<Record<string, string>>) => void;

const changeRoute: ChangeRoute = (params) => {
  const now = parseRoute(location.hash);
  location.hash = routeHash({ view: now.view, params: { ...now.params, ...params } });
};

/** The route of the page. */
export function useRoute(): readonly [Route, ChangeRoute] {
  const [route, setRoute] = useState(() => parseRoute(location.hash));
  useEffect(() => {
    const follow = (): void => setRoute(parseRoute(location.hash));
    addEventListener("hashchange", follow);
    return () => removeEventListener("hashchange", follow);
  }, []);
  return [route, changeRoute];
}
