import type { ButtonHTMLAttributes, ReactNode } from "react";

import { Icon, type IconName } from "./Icon";

interface Props extends ButtonHTMLAttributes<HTMLButtonElement> {
  tone?: "primary" | "plain" | "danger" | "quiet";
  icon?: IconName;
  /** Shows the icon only; `children` is what is read out. */
  isIconOnly?: boolean;
  /** At work: it cannot be pressed again. */
  isBusy?: boolean;
  children: ReactNode;
}

export function Button({ tone = "plain", icon, isIconOnly, isBusy, children, className, ...more }: Props) {
  const names = ["button", tone, isIconOnly && "icon-only", isBusy && "busy", className].filter(Boolean).join(" ");
  return (
    <button
      type="button"
      {...more}
      className={names}
      disabled={more.disabled || isBusy}
      title={isIconOnly ? String(children) : more.title}
    >
      {icon && <Icon name={icon} />}
      <span className={isIconOnly ? "sr-only" : undefined}>{children}</span>
    </button>
  );
}
