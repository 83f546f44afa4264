interface Props {
  label: string;
  value: number;
  max: number;
  /** As it is to be read: "12 of 100 messages". */
  text: string;
}

/** How much of something is used; it changes its colour when little is left. */
export function Meter({ label, value, max, text }: Props) {
  const share = max > 0 ? Math.min(value / max, 1) : 0;
  const level = share >= 1 ? "full" : share >= 0.8 ? "high" : "low";
  return (
    <div className="meter">
      <div className="meter-words">
        <span>{label}</span>
        <span className="faint">{text}</span>
      </div>
      <div
        role="meter"
        aria-label={label}
        aria-valuenow={value}
        aria-valuemin={0}
        aria-valuemax={max}
        aria-valuetext={text}
        className={`meter-track ${level}`}
      >
        <div className="meter-fill" style={{ inlineSize: `${share * 100}%` }} />
      </div>
    </div>
  );
}
