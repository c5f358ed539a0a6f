/** Where the page is: the fragment of its address. */
import { useSyncExternalStore } from "react";
import { hrefOf, type Route, routeOf } from "../routes.ts";

/** The route of the address, drawn anew when it changes. */
export function useRoute(): Route {
  return routeOf(useSyncExternalStore(subscribe, () => location.hash));
}

/** Goes there, as a click on its link would. */
export function go(route: Route): void {
  location.hash = hrefOf(route);
}

function subscribe(heard: () => void): () => void {
  addEventListener("hashchange", heard);
  return () => removeEventListener("hashchange", heard);
}
