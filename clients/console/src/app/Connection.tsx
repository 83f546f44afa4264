import { useSyncExternalStore } from "react";

import { Icon } from "../design/Icon";
import { useText } from "../i18n/language";
import { shellText } from "../i18n/text";

/** Says that there is no network, as long as there is none. */
export function Connection() {
  const t = useText(shellText);
  const isOnline = useOnline();
  return (
    <div role="status" className="connection">
      {!isOnline && (
        <p className="banner">
          <Icon name="offline" /> {t.offline}
        </p>
      )}
    </div>
  );
}

export function useOnline(): boolean {
  return useSyncExternalStore(watch, () => navigator.onLine);
}

function watch(changed: () => void): () => void {
  addEventListener("online", changed);
  addEventListener("offline", changed);
  return () => {
    removeEventListener("online", changed);
    removeEventListener("offline", changed);
  };
}
