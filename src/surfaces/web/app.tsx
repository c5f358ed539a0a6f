/** The page: what is always in sight, and the view that the address names. */
import { lazy, Suspense, useEffect, useRef } from "react";
import { Asking } from "./parts/asking.tsx";
import { Header } from "./parts/header.tsx";
import { Help } from "./parts/help.tsx";
import { StatusStrip } from "./parts/status-strip.tsx";
import { Toasts } from "./parts/toasts.tsx";
import type { Route } from "./routes.ts";
import { signIn } from "./state/api.ts";
import { useKeys } from "./state/keys.ts";
import { board } from "./state/live.ts";
import { useRoute } from "./state/location.ts";
import { useMe } from "./state/me.ts";
import { useNews } from "./state/news.ts";
import { useStore } from "./state/store.ts";
import { CandidateView } from "./views/candidate-view.tsx";
import { EventsView } from "./views/events-view.tsx";
import { HealthView } from "./views/health-view.tsx";
import { InboxView } from "./views/inbox-view.tsx";
import { LineView } from "./views/line-view.tsx";
import { SessionsView } from "./views/sessions-view.tsx";
import { SignIn } from "./views/sign-in.tsx";

// Loaded when it is asked for: plots are as much as the rest of the page.
const HistoryView = lazy(() =>
  import("./views/history-view.tsx").then((part) => ({ default: part.HistoryView })),
);

export function App() {
  const state = useStore(signIn);
  useMe();
  return (
    <>
      {state === "signed_out" ? <SignIn /> : <Page />}
      <Asking />
      <Toasts />
    </>
  );
}

function Page() {
  const route = useRoute();
  const main = useRef<HTMLElement>(null);
  const news = useNews();
  useKeys();
  const where = JSON.stringify(route);
  const before = useRef(where);
  useEffect(() => {
    // The page has changed under whoever reads it aloud: they go on at its beginning.
    if (before.current !== where) main.current?.focus({ preventScroll: true });
    before.current = where;
  }, [where]);
  return (
    <div className="page">
      <button type="button" className="skip" onClick={() => main.current?.focus()}>
        Skip to the view
      </button>
      <Header route={route} />
      <StatusStrip />
      <main ref={main} id="main" tabIndex={-1} className={`view view-${route.view}`}>
        <Suspense fallback={<p className="loading">Reading…</p>}>
          <Current route={route} />
        </Suspense>
      </main>
      <p className="hidden" role="status">
        {news}
      </p>
      <Help />
    </div>
  );
}

function Current({ route }: { route: Route }) {
  const shown = useStore(board);
  if (shown === null)
    return (
      <p className="loading" role="status">
        Waiting for the board…
      </p>
    );
  switch (route.view) {
    case "line":
      return <LineView board={shown} />;
    case "candidate":
      return <CandidateView key={route.slug} slug={route.slug} board={shown} />;
    case "inbox":
      return <InboxView selected={route.id} />;
    case "history":
      return <HistoryView />;
    case "events":
      return <EventsView type={route.type} slug={route.slug} />;
    case "sessions":
      return <SessionsView selected={route.id} />;
    case "health":
      return <HealthView />;
    default:
      return route satisfies never;
  }
}
