/** What happened after an act, in the corner; read aloud, too. */
import { createStore, useStore } from "../state/store.ts";
import { Icon } from "./icon.tsx";

type Toast = { id: number; tone: "good" | "warn" | "bad"; text: string };

const toasts = createStore<readonly Toast[]>([]);
const staysMs = 7000;
let last = 0;

/** Says it, for a few seconds. */
export function say(tone: Toast["tone"], text: string): void {
  last += 1;
  const id = last;
  toasts.set([...toasts.get().slice(-3), { id, tone, text }]);
  setTimeout(() => dismiss(id), staysMs);
}

function dismiss(id: number): void {
  toasts.set(toasts.get().filter((toast) => toast.id !== id));
}

export function Toasts() {
  return (
    <div className="toasts" role="status" aria-live="polite">
      {useStore(toasts).map(({ id, tone, text }) => (
        <div key={id} className={`toast toast-${tone}`}>
          <Icon name={tone === "good" ? "check" : "warn"} />
          <span>{text}</span>
          <button type="button" className="plain" onClick={() => dismiss(id)} aria-label="Dismiss">
            <Icon name="cross" size={12} />
          </button>
        </div>
      ))}
    </div>
  );
}
