/** Hercules as agents of AG-UI: https://docs.ag-ui.com */
export { HerculesAgent } from "./ag_ui/agent.js";
export { HerculesRoomAgent } from "./ag_ui/room_agent.js";
