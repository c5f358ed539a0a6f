/** A titled part of a page, with how many are in it and what can be done with all of them. */
import { type ReactNode, useId } from "react";

type Props = {
  title: string;
  count?: number | null;
  className?: string;
  acts?: ReactNode;
  children: ReactNode;
};

export function Panel({ title, count = null, className = "", acts, children }: Props) {
  const id = useId();
  return (
    <section className={`panel ${className}`} aria-labelledby={id}>
      <header>
        <h2 id={id}>
          {title}
          {count !== null && <span className="count">{count.toLocaleString("en")}</span>}
        </h2>
        {acts && <div className="panel-acts">{acts}</div>}
      </header>
      <div className="panel-body">{children}</div>
    </section>
  );
}
