/**
 * Pure. The page's own addresses. They live in the fragment, so that the daemon serves one page, and nothing of what
 * somebody looks at is ever sent or logged.
 */

export type Route =
  | { view: "line" }
  | { view: "candidate"; slug: string }
  | { view: "inbox"; id: string | null }
  | { view: "history" }
  | { view: "events"; type: string | null; slug: string | null }
  | { view: "sessions"; id: string | null }
  | { view: "health" };

export type View = Route["view"];

/** The route that a fragment (`#/inbox`) names; the line where it names none. */
export function routeOf(fragment: string): Route {
  const [path = "", search = ""] = fragment.replace(/^#?\/?/, "").split("?", 2);
  const [view, ...rest] = path.split("/");
  const id = decoded(rest.join("/"));
  switch (view) {
    case "candidate":
      return id === null ? { view: "line" } : { view, slug: id };
    case "inbox":
    case "sessions":
      return { view, id };
    case "events": {
      const asked = new URLSearchParams(search);
      return { view, type: asked.get("type"), slug: asked.get("slug") };
    }
    case "history":
    case "health":
      return { view };
    default:
      return { view: "line" };
  }
}

/** The address of a route, as a link's `href`. */
export function hrefOf(route: Route): string {
  switch (route.view) {
    case "line":
      return "#/";
    case "candidate":
      return `#/candidate/${encodeURIComponent(route.slug)}`;
    case "inbox":
    case "sessions":
      return route.id === null ? `#/${route.view}` : `#/${route.view}/${encodeURIComponent(route.id)}`;
    case "events": {
      const asked = new URLSearchParams();
      if (route.type !== null) asked.set("type", route.type);
      if (route.slug !== null) asked.set("slug", route.slug);
      return asked.size === 0 ? "#/events" : `#/events?${asked}`;
    }
    default:
      return `#/${route.view}`;
  }
}

/** The one-time code of `signalbox open` (`#code=…`); null where the fragment holds none. */
export function codeOf(fragment: string): string | null {
  const code = new URLSearchParams(fragment.replace(/^#/, "")).get("code");
  return code === null || code === "" ? null : code;
}

function decoded(text: string): string | null {
  if (text === "") return null;
  try {
    return decodeURIComponent(text);
  } catch {
    return null;
  }
}
