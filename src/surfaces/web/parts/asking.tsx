/** Every act that changes the line asks first: what will happen, and why it is done where that is wanted. */
import { type SubmitEvent, useEffect, useRef, useState } from "react";
import { createStore, useStore } from "../state/store.ts";

export type Question = {
  title: string;
  /** What will happen, in a sentence or two. */
  consequence: string;
  /** What the button says: a verb. */
  verb: string;
  tone?: "bad" | "plain";
  /** Whether a reason is wanted, and what to put there. */
  reason?: { isRequired: boolean; placeholder: string };
};

type Open = Question & { answer(reason: string | null): void };

const asked = createStore<Open | null>(null);

/** The reason (possibly empty) where the person went on; null where they did not. */
export function ask(question: Question): Promise<string | null> {
  asked.get()?.answer(null);
  return new Promise((resolve) => {
    const answer = (reason: string | null) => {
      asked.set(null);
      resolve(reason);
    };
    asked.set({ ...question, answer });
  });
}

/** The place of the question that is open. */
export function Asking() {
  const question = useStore(asked);
  return question === null ? null : <Dialog key={question.title} question={question} />;
}

function Dialog({ question }: { question: Open }) {
  const { title, consequence, verb, tone = "plain", reason, answer } = question;
  const [text, setText] = useState("");
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const before = document.activeElement;
    dialog.current?.showModal();
    return () => {
      if (before instanceof HTMLElement) before.focus();
    };
  }, []);
  const isMissing = reason?.isRequired === true && text.trim() === "";
  const submit = (event: SubmitEvent<HTMLFormElement>) => {
    event.preventDefault();
    if (!isMissing) answer(text.trim());
  };
  return (
    <dialog
      ref={dialog}
      className="dialog"
      aria-labelledby="asked"
      onCancel={() => answer(null)}
      onClose={() => answer(null)}
    >
      <form onSubmit={submit}>
        <h2 id="asked">{title}</h2>
        <p>{consequence}</p>
        {reason && (
          <label>
            Reason{reason.isRequired ? "" : " (optional)"}
            <input
              value={text}
              onChange={(event) => setText(event.target.value)}
              placeholder={reason.placeholder}
              maxLength={500}
              required={reason.isRequired}
              autoComplete="off"
            />
          </label>
        )}
        <div className="dialog-acts">
          <button type="button" onClick={() => answer(null)}>
            Cancel
          </button>
          <button type="submit" className={tone === "bad" ? "danger" : "primary"} disabled={isMissing}>
            {verb}
          </button>
        </div>
      </form>
    </dialog>
  );
}
