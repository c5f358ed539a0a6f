/** The keyboard: everything that the mouse can do on the board, without it. */
import { useEffect } from "react";
import { helpIsOpen } from "../parts/help.tsx";
import { type Route, routeOf } from "../routes.ts";
import {
  acknowledge,
  onNotification,
  pauseLine,
  resumeLine,
  retryCandidate,
  withdrawCandidate,
} from "./acts.ts";
import { board } from "./live.ts";
import { go } from "./location.ts";
import { me } from "./me.ts";
import { nextTheme } from "./theme.ts";

const places: Record<string, Route> = {
  l: { view: "line" },
  i: { view: "inbox", id: null },
  h: { view: "history" },
  e: { view: "events", type: null, slug: null },
  s: { view: "sessions", id: null },
  d: { view: "health" },
};

/** Listens while the page is drawn. */
export function useKeys(): void {
  useEffect(() => {
    let isGoing = false;
    const pressed = (event: KeyboardEvent) => {
      if (event.ctrlKey || event.metaKey || event.altKey || isElsewhere(event.target)) return;
      const place = isGoing ? places[event.key] : undefined;
      isGoing = event.key === "g" && !isGoing;
      if (place !== undefined) go(place);
      const wasUsed = place !== undefined || use(event.key);
      if (wasUsed || isGoing) event.preventDefault();
    };
    addEventListener("keydown", pressed);
    return () => removeEventListener("keydown", pressed);
  }, []);
}

/** In a field every key is a letter, and in a dialog the dialog's own. */
function isElsewhere(target: EventTarget | null): boolean {
  if (document.querySelector("dialog[open]") !== null) return true;
  return target instanceof HTMLElement && target.closest("input, textarea, select") !== null;
}

function use(key: string): boolean {
  switch (key) {
    case "j":
    case "ArrowDown":
      return step(1);
    case "k":
    case "ArrowUp":
      return step(-1);
    case "/":
      return focusFilter();
    case "?":
      helpIsOpen.set(true);
      return true;
    case "t":
      nextTheme();
      return true;
    default:
      return me.get()?.role === "admin" && actOn(key);
  }
}

function actOn(key: string): boolean {
  if (key === "p") {
    void (board.get()?.paused === null ? pauseLine() : resumeLine());
    return true;
  }
  const route = routeOf(location.hash);
  if (key === "a" && route.view === "inbox" && route.id !== null) {
    void onNotification(route.id, "claim");
    return true;
  }
  const deed = { r: retryCandidate, a: acknowledge, w: withdrawCandidate }[key];
  if (route.view !== "candidate" || deed === undefined) return false;
  void deed(route.slug);
  return true;
}

/** To the next row, or the one before; the first one where none has the focus. */
function step(by: 1 | -1): boolean {
  const rows = [...document.querySelectorAll<HTMLElement>("[data-row]")].filter((row) =>
    row.checkVisibility(),
  );
  if (rows.length === 0) return false;
  const at = rows.findIndex((row) => row.contains(document.activeElement));
  const next = at === -1 ? rows[0] : rows[at + by];
  next?.focus();
  next?.scrollIntoView({ block: "nearest" });
  return true;
}

function focusFilter(): boolean {
  const filter = document.querySelector<HTMLInputElement>("[data-filter]");
  filter?.focus();
  filter?.select();
  return filter !== null;
}
