/** Nothing there, not read yet, refused: the states that every view has, so that no view is ever merely blank. */
import type { ReactNode } from "react";
import type { Refusal } from "../state/api.ts";
import type { Resource } from "../state/resource.ts";
import { Icon } from "./icon.tsx";

export function Empty({ title, children }: { title: string; children?: ReactNode }) {
  return (
    <div className="empty">
      <p className="empty-title">{title}</p>
      {children}
    </div>
  );
}

/** What was refused, and the cure. */
export function Refused({ refusal, retry }: { refusal: Refusal; retry?: () => void }) {
  return (
    <div className="refused" role="alert">
      <Icon name="warn" />
      <div>
        <p>{refusal.detail}</p>
        {refusal.hint && <p className="dim">{refusal.hint}</p>}
        <p className="dim">
          <code>{refusal.code}</code>
        </p>
        {retry && (
          <button type="button" onClick={retry}>
            Try again
          </button>
        )}
      </div>
    </div>
  );
}

/** What was read, as `children` draw it; or why it is not there. What was read before stays while it is read again. */
export function Read<T>({ of, children }: { of: Resource<T>; children: (value: T) => ReactNode }) {
  if (of.value !== null) return children(of.value);
  if (of.refusal !== null) return <Refused refusal={of.refusal} retry={of.reload} />;
  return (
    <p className="loading" role="status">
      Reading…
    </p>
  );
}
