import { Component, type ReactNode } from "react";

import { isNotLoaded } from "../design/not_loaded";
import { ProblemMessage } from "../design/ProblemMessage";

/** A view that breaks says so, and leaves the navigation as it is. One that did not load is loaded with the page anew, once there is a network. */
export class Boundary extends Component<{ children: ReactNode }, { fault?: unknown }> {
  override state: { fault?: unknown } = {};

  static getDerivedStateFromError(fault: unknown): { fault: unknown } {
    return { fault };
  }

  override componentDidCatch(fault: unknown): void {
    if (isNotLoaded(fault)) {
      addEventListener("online", reload);
    }
  }

  override componentWillUnmount(): void {
    removeEventListener("online", reload);
  }

  override render(): ReactNode {
    if (!("fault" in this.state)) {
      return this.props.children;
    }
    return (
      <div className="page">
        <ProblemMessage fault={this.state.fault} onRetry={reload} />
      </div>
    );
  }
}

function reload(): void {
  location.reload();
}
