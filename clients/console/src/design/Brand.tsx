export function Brand() {
  return (
    <span className="brand">
      <svg viewBox="0 0 32 32" aria-hidden="true">
        <rect width="32" height="32" rx="8" className="brand-ground" />
        <path
          d="M12 16h8M9.5 10.5v11M22.5 10.5v11M6 13.2v5.6M26 13.2v5.6"
          className="brand-bar"
          fill="none"
          strokeWidth="2.6"
          strokeLinecap="round"
        />
      </svg>
      <span>Hercules</span>
    </span>
  );
}
