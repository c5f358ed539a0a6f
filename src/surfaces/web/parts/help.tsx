/** The keys, on `?`. */
import { useEffect, useRef } from "react";
import { createStore, useStore } from "../state/store.ts";
import { Key } from "./bits.tsx";

export const helpIsOpen = createStore(false);

const keys: [keys: string[], does: string][] = [
  [["g", "l"], "the line"],
  [["g", "i"], "inbox"],
  [["g", "h"], "history"],
  [["g", "e"], "events"],
  [["g", "s"], "sessions"],
  [["g", "d"], "health (what doctor says)"],
  [["j"], "next row, also ↓"],
  [["k"], "row before, also ↑"],
  [["Enter"], "open the row"],
  [["/"], "filter"],
  [["Esc"], "leave the filter, close a dialog"],
  [["r"], "retry the open candidate"],
  [["a"], "acknowledge: the open candidate, or the selected notification"],
  [["w"], "withdraw the open candidate"],
  [["p"], "pause the line, or resume it"],
  [["t"], "theme: system, dark, light"],
  [["?"], "this"],
];

export function Help() {
  const isOpen = useStore(helpIsOpen);
  return isOpen ? <Sheet /> : null;
}

function Sheet() {
  const dialog = useRef<HTMLDialogElement>(null);
  const close = () => helpIsOpen.set(false);
  useEffect(() => {
    dialog.current?.showModal();
  }, []);
  return (
    <dialog ref={dialog} className="dialog help" aria-labelledby="keys" onClose={close}>
      <h2 id="keys">Keys</h2>
      <dl>
        {keys.map(([pressed, does]) => (
          <div key={does}>
            <dt>
              {pressed.map((key) => (
                <Key key={key}>{key}</Key>
              ))}
            </dt>
            <dd>{does}</dd>
          </div>
        ))}
      </dl>
      <div className="dialog-acts">
        <button type="button" className="primary" onClick={close}>
          Close
        </button>
      </div>
    </dialog>
  );
}
