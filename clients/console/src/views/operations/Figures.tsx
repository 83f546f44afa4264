import type { ReactNode } from "react";

/** A few numbers that are to be seen first. */
export function Figures({ of }: { of: readonly [label: string, value: ReactNode, note?: ReactNode][] }) {
  return (
    <dl className="figures">
      {of.map(([label, value, note]) => (
        <div key={label}>
          <dt>{label}</dt>
          <dd>{value}</dd>
          {note && <dd className="faint small">{note}</dd>}
        </div>
      ))}
    </dl>
  );
}
