import "./rooms.css";

import type { ViewProps } from "../../app/views";
import { Room } from "./Room";
import { RoomList } from "./RoomList";

/** All rooms, or one of them: by its id, or by the one that it is shared by. */
export default function RoomsView({ rest: [id] }: ViewProps) {
  return id ? <Room key={id} id={id} /> : <RoomList />;
}
