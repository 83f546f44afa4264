import { Component, type ReactNode } from "react";

import { ProblemMessage } from "../design/ProblemMessage";

/** A view that breaks says so, and leaves the navigation as it is. */
export class Boundary extends Component<{ children: ReactNode }, { fault?: unknown }> {
  override state: { fault?: unknown } = {};

  static getDerivedStateFromError(fault: unknown): { fault: unknown } {
    return { fault };
  }

  override render(): ReactNode {
    return "fault" in this.state ? <ProblemMessage fault={this.state.fault} /> : this.props.children;
  }
}
