import type { ReactNode } from "react";

interface Props {
  title?: ReactNode;
  /** Behind the title: a state, a number. */
  aside?: ReactNode;
  /** Below the content: what can be done. */
  actions?: ReactNode;
  tone?: "plain" | "proposal" | "urgent";
  label?: string;
  children?: ReactNode;
}

export function Card({ title, aside, actions, tone = "plain", label, children }: Props) {
  return (
    <section className={`card ${tone}`} aria-label={label}>
      {(title || aside) && (
        <header className="card-head">
          <h3>{title}</h3>
          {aside && <span className="card-aside">{aside}</span>}
        </header>
      )}
      {children}
      {actions && <footer className="card-actions">{actions}</footer>}
    </section>
  );
}
