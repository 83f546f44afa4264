/** Rooms that are opened by the clock, such as one's week on each Sunday. */
import { type Api, bodyOf } from "./http.js";
import type { NewSchedule, RoomSchedule, ScheduleChange } from "./types.js";

export class Schedules {
  constructor(private readonly api: Api) {}

  /** All, the newest first: there are at most five. */
  async list(): Promise<RoomSchedule[]> {
    return (await bodyOf(this.api.GET("/v1/room-schedules"))).items;
  }

  /** Have a room opened anew on `weekdays` at `at`, by the clock of `time_zone` or else of the profile's. */
  create(body: NewSchedule): Promise<RoomSchedule> {
    return bodyOf(this.api.POST("/v1/room-schedules", { body }));
  }

  /** Change when and what, or pause it: `{paused: true}`. */
  change(schedule: RoomSchedule, body: ScheduleChange): Promise<RoomSchedule> {
    return bodyOf(this.api.PATCH("/v1/room-schedules/{schedule_id}", { params: at(schedule), body }));
  }

  /** End it; the rooms that it opened stay. */
  async delete(schedule: RoomSchedule): Promise<void> {
    await this.api.DELETE("/v1/room-schedules/{schedule_id}", { params: at(schedule) });
  }
}

function at(schedule: RoomSchedule): { path: { schedule_id: string } } {
  return { path: { schedule_id: schedule.id } };
}
