import { useInbox } from "@hercules/client/react";
import { type ReactNode, useEffect, useRef, useState } from "react";

import { Brand } from "../design/Brand";
import { Button } from "../design/Button";
import { Icon } from "../design/Icon";
import { useText } from "../i18n/language";
import { shellText } from "../i18n/text";
import { useAccount } from "./account";
import { Connection } from "./Connection";
import { Preferences } from "./Preferences";
import { href } from "./route";
import { isWaiting } from "./waiting";
import type { View } from "./views";
import { useVisibleViews } from "./visible_views";
import { WeekMeter } from "./WeekMeter";

/** Navigation at the side, or on a phone at the foot; and beside it the view. */
export function Shell({ current, children }: { current: View["id"] | undefined; children: ReactNode }) {
  const t = useText(shellText);
  const views = useVisibleViews();
  const content = useRef<HTMLElement>(null);
  useEffect(() => {
    document.title = current ? `${t.views[current]} · Hercules` : "Hercules";
  }, [current, t]);
  return (
    <div className="shell">
      <a className="skip" href="#content" onClick={(event) => (event.preventDefault(), content.current?.focus())}>
        {t.skip}
      </a>
      <header className="shell-side">
        <Brand />
        <nav aria-label={t.navigation} className="shell-nav">
          {views.map((view) => (
            <a
              key={view.id}
              href={href(view.id)}
              aria-current={view.id === current ? "page" : undefined}
              className={view.isForOperators ? "for-operators" : undefined}
            >
              <Icon name={view.icon} />
              <span>{t.views[view.id]}</span>
              {view.id === "inbox" && <Waiting />}
            </a>
          ))}
        </nav>
        <AccountMenu views={views} />
      </header>
      <main ref={content} id="content" tabIndex={-1} className="shell-content">
        <Connection />
        {children}
      </main>
    </div>
  );
}

/** How many proposals and rooms wait. */
function Waiting() {
  const t = useText(shellText);
  const { pendingActions, rooms } = useInbox();
  const count = pendingActions.length + rooms.filter(isWaiting).length;
  return count > 0 ? (
    <span className="count">
      {count}
      <span className="sr-only"> {t.waiting}</span>
    </span>
  ) : null;
}

function AccountMenu({ views }: { views: readonly View[] }) {
  const t = useText(shellText);
  const { email, signOut } = useAccount();
  const [isOpen, setIsOpen] = useState(false);
  return (
    <div className={isOpen ? "account open" : "account"}>
      <button className="account-toggle" aria-expanded={isOpen} onClick={() => setIsOpen(!isOpen)}>
        <Icon name="menu" />
        <span className="sr-only">{t.menu}</span>
      </button>
      <div className="account-panel">
        <div className="account-links">
          {views
            .filter((view) => view.isForOperators)
            .map((view) => (
              <a key={view.id} href={href(view.id)} onClick={() => setIsOpen(false)}>
                <Icon name={view.icon} /> {t.views[view.id]}
              </a>
            ))}
        </div>
        <WeekMeter />
        <Preferences />
        <p className="account-who" title={email}>
          {email}
        </p>
        <Button onClick={() => void signOut()}>{t.signOut}</Button>
      </div>
    </div>
  );
}
