import { type ReactNode, useId, useLayoutEffect, useRef } from "react";

import { useText } from "../i18n/language";
import { shellText } from "../i18n/text";
import { Button } from "./Button";
import { Toasts } from "./Toast";

interface Props {
  title: string;
  /** Escape, the cross, or a press beside it. */
  onClose(): void;
  /** At the side of the page instead of above it. */
  isSheet?: boolean;
  /** For what is read: as wide as a page. */
  isWide?: boolean;
  children: ReactNode;
}

/** The browser's own modal dialog: it keeps the focus, and gives it back. Mounted is open. */
export function Dialog({ title, onClose, isSheet, isWide, children }: Props) {
  const t = useText(shellText);
  const dialog = useRef<HTMLDialogElement>(null);
  const id = useId();
  // Closed while it is still in the page: else the browser gives the focus to nobody.
  useLayoutEffect(() => {
    const element = dialog.current;
    element?.showModal();
    return () => element?.close();
  }, []);
  return (
    <dialog
      ref={dialog}
      aria-labelledby={id}
      className={["dialog", isSheet && "sheet", isWide && "wide"].filter(Boolean).join(" ")}
      onClose={() => !dialog.current?.open && onClose()} // a second Escape closes it without asking
      onCancel={(event) => (event.preventDefault(), onClose())}
      onClick={(event) => event.target === dialog.current && onClose()}
    >
      <div className="dialog-inside">
        <header className="dialog-head">
          <h2 id={id}>{title}</h2>
          <Button tone="quiet" icon="close" isIconOnly onClick={onClose}>
            {t.close}
          </Button>
        </header>
        {children}
      </div>
      <Toasts />
    </dialog>
  );
}
