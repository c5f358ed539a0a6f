/** The page's start: the theme, the session, the stream, then the drawing. */
import { createRoot } from "react-dom/client";
import { App } from "./app.tsx";
import { say } from "./parts/toasts.tsx";
import { codeOf } from "./routes.ts";
import { signInWith } from "./state/api.ts";
import { follow } from "./state/live.ts";
import { wearTheme } from "./state/theme.ts";
import "./styles/tokens.css";
import "./styles/base.css";
import "./styles/shell.css";
import "./styles/line.css";
import "./styles/views.css";

wearTheme();
const code = codeOf(location.hash);
// The code leaves the address before anything else can see it: history, a reload, somebody who looks on.
if (code !== null) history.replaceState(null, "", `${location.pathname}#/`);

const place = document.getElementById("root");
if (place === null) throw new Error("the page has no place to draw in");
createRoot(place).render(<App />);

if (code !== null) {
  const answer = await signInWith(code);
  if (answer.kind === "refused") say("bad", `${answer.refusal.detail} ${answer.refusal.hint ?? ""}`.trim());
}
void follow(new AbortController().signal);
