/** The name of the line, the ways to the views, and whether the page is in touch with the daemon. */
import { shortSha } from "../format.ts";
import { hrefOf, type Route, type View } from "../routes.ts";
import { board, link } from "../state/live.ts";
import { useStore } from "../state/store.ts";
import { nextTheme, theme } from "../state/theme.ts";
import { helpIsOpen } from "./help.tsx";
import { Icon } from "./icon.tsx";

const views: { view: View; name: string; route: Route }[] = [
  { view: "line", name: "Line", route: { view: "line" } },
  { view: "inbox", name: "Inbox", route: { view: "inbox", id: null } },
  { view: "history", name: "History", route: { view: "history" } },
  { view: "events", name: "Events", route: { view: "events", type: null, slug: null } },
  { view: "sessions", name: "Sessions", route: { view: "sessions", id: null } },
  { view: "health", name: "Health", route: { view: "health" } },
];

export function Header({ route }: { route: Route }) {
  const known = useStore(board);
  const attention = known?.inbox.needs_attention ?? 0;
  return (
    <header className="top">
      <a className="brand" href="#/" aria-label="Signalbox, to the line">
        <Mark blocked={attention > 0} />
        <span>Signalbox</span>
      </a>
      {known && (
        <p className="where">
          <strong>{known.repository}</strong>
          <span className="dim">
            {known.remote}/{known.main}
            {known.main_sha !== null && ` @ ${shortSha(known.main_sha)}`}
          </span>
        </p>
      )}
      <nav aria-label="Views">
        {views.map(({ view, name, route: to }) => (
          <a key={view} href={hrefOf(to)} aria-current={isAt(route, view) ? "page" : undefined}>
            {name}
            {view === "inbox" && attention > 0 && (
              <span className="badge">
                {attention}
                <span className="hidden"> need attention</span>
              </span>
            )}
          </a>
        ))}
      </nav>
      <div className="top-end">
        <Connection />
        <ThemeButton />
        <button
          type="button"
          className="icon-button"
          onClick={() => helpIsOpen.set(true)}
          aria-label="Keys and help"
          title="Keys and help (?)"
        >
          <Icon name="help" />
        </button>
      </div>
    </header>
  );
}

function isAt(route: Route, view: View): boolean {
  return route.view === view || (view === "line" && route.view === "candidate");
}

/** A signal: its lamp is the only thing of the page that one sees from afar. */
function Mark({ blocked }: { blocked: boolean }) {
  return (
    <svg className="mark" width="18" height="26" viewBox="0 0 18 26" aria-hidden="true">
      <rect x="1" y="1" width="16" height="24" rx="8" />
      <circle cx="9" cy="8.5" r="4" className={blocked ? "mark-stop lit" : "mark-stop"} />
      <circle cx="9" cy="17.5" r="4" className={blocked ? "mark-clear" : "mark-clear lit"} />
    </svg>
  );
}

function Connection() {
  const state = useStore(link);
  const said = { live: "Live", connecting: "Connecting", lost: "Reconnecting" }[state.kind];
  return (
    <span className={`connection connection-${state.kind}`} role="status">
      {said}
    </span>
  );
}

const themeIcons = { system: "screen", dark: "moon", light: "sun" } as const;

function ThemeButton() {
  const chosen = useStore(theme);
  return (
    <button
      type="button"
      className="icon-button"
      onClick={nextTheme}
      aria-label={`Theme: ${chosen}`}
      title={`Theme: ${chosen}`}
    >
      <Icon name={themeIcons[chosen]} />
    </button>
  );
}
