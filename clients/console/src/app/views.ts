/** All views, in the order of the navigation. Each is loaded when it is first opened. */
import { type ComponentType, lazy, type LazyExoticComponent } from "react";

import type { IconName } from "../design/Icon";
import type { ShellText } from "../i18n/en";

export interface View {
  /** In the address, and of its name in `i18n/`. */
  id: keyof ShellText["views"];
  icon: IconName;
  /** Only for who administers the knowledge base. */
  isForOperators?: boolean;
  Content: LazyExoticComponent<ComponentType<ViewProps>>;
}

export interface ViewProps {
  /** What comes behind the view's name in the address: most often an id. */
  rest: string[];
}

export const VIEWS: readonly View[] = [
  { id: "coach", icon: "chat", Content: lazy(() => import("../views/coach")) },
  { id: "rooms", icon: "rooms", Content: lazy(() => import("../views/rooms")) },
  { id: "inbox", icon: "inbox", Content: lazy(() => import("../views/inbox")) },
  { id: "training", icon: "training", Content: lazy(() => import("../views/training")) },
  { id: "profile", icon: "person", Content: lazy(() => import("../views/profile")) },
  { id: "knowledge", icon: "book", isForOperators: true, Content: lazy(() => import("../views/knowledge")) },
  { id: "operations", icon: "chart", isForOperators: true, Content: lazy(() => import("../views/operations")) },
];
