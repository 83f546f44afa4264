import "./tabs.css";

export interface Tab {
  href: string;
  title: string;
  isCurrent: boolean;
}

/** The parts of a view, each with an address of its own. */
export function Tabs({ label, tabs }: { label: string; tabs: readonly Tab[] }) {
  return (
    <nav aria-label={label} className="tabs">
      {tabs.map((tab) => (
        <a key={tab.href} href={tab.href} aria-current={tab.isCurrent ? "page" : undefined}>
          {tab.title}
        </a>
      ))}
    </nav>
  );
}
