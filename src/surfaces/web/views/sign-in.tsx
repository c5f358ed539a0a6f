/** For a browser that the daemon does not know: how to get in. */
import { type SubmitEvent, useState } from "react";
import { Copied } from "../parts/bits.tsx";
import { codeOf } from "../routes.ts";
import { type Refusal, signInWith } from "../state/api.ts";

export function SignIn() {
  const [given, setGiven] = useState("");
  const [refusal, setRefusal] = useState<Refusal | null>(null);
  const submit = async (event: SubmitEvent<HTMLFormElement>) => {
    event.preventDefault();
    const answer = await signInWith(codeIn(given));
    if (answer.kind === "refused") setRefusal(answer.refusal);
  };
  return (
    <main className="sign-in">
      <h1>Signalbox</h1>
      <p>This browser is not signed in. In the clone where the daemon runs, make a link that works once:</p>
      <p className="sign-in-command">
        <Copied text="signalbox open" what="command" />
      </p>
      <form onSubmit={submit}>
        <label>
          Or paste the link, or its code, here
          <input
            value={given}
            onChange={(event) => setGiven(event.target.value)}
            autoComplete="off"
            spellCheck={false}
          />
        </label>
        <button type="submit" className="primary" disabled={given.trim() === ""}>
          Sign in
        </button>
      </form>
      {refusal && (
        <p className="sign-in-refused" role="alert">
          {refusal.detail} {refusal.hint}
        </p>
      )}
    </main>
  );
}

function codeIn(given: string): string {
  const text = given.trim();
  const fragment = text.indexOf("#");
  return (fragment === -1 ? null : codeOf(text.slice(fragment))) ?? text;
}
