/** The contract's schemas, by their names. */
import type { components } from "./generated/openapi.js";

export type Schemas = components["schemas"];

export type AccountReceipt = Schemas["AccountReceipt"];
export type Action = Schemas["Action"];
export type AnsweredTurn = Schemas["AnsweredTurn"];
export type Change = Schemas["Change"];
export type Citation = Schemas["Citation"];
export type DownloadableFile = Schemas["DownloadableFile"];
export type ExportedFile = Schemas["ExportedFile"];
export type FieldProblem = Schemas["FieldProblem"];
export type FileCopy = Schemas["FileCopy"];
export type FileExport = Schemas["FileExport"];
export type FileVersion = Schemas["FileVersion"];
export type FollowUp = Schemas["FollowUp"];
export type Input = Schemas["Input"];
export type Memory = Schemas["Memory"];
export type Message = Schemas["Message"];
export type NewRoom = Schemas["NewRoom"];
export type NewSchedule = Schemas["NewSchedule"];
export type Profile = Schemas["Profile"];
export type Review = Schemas["Review"];
export type ReviewedCriterion = Schemas["ReviewedCriterion"];
export type Room = Schemas["Room"];
export type RoomAnswer = Schemas["RoomAnswer"];
export type RoomFile = Schemas["RoomFile"];
export type RoomMessage = Schemas["RoomMessage"];
export type RoomPage = Schemas["RoomPage"];
export type RoomPlanChange = Schemas["RoomPlanChange"];
export type RoomSchedule = Schemas["RoomSchedule"];
export type RoomSnapshot = Schemas["RoomSnapshot"];
export type ScheduleChange = Schemas["ScheduleChange"];
export type Session = Schemas["Session"];
export type SessionPage = Schemas["SessionPage"];
export type SessionSnapshot = Schemas["SessionSnapshot"];
/** A room as it is stored; `Room` is the one to call. */
export type StoredRoom = Schemas["Room"];
export type Task = Schemas["Task"];
export type TaskState = Schemas["TaskState"];
export type Turn = Schemas["Turn"];
export type Usage = Schemas["Usage"];

/** The citations of an answer, in the order of their marks [1], [2], … */
export function citationsOf(message: Message): Citation[] {
  return message.metadata.citations ?? [];
}

/** The ids of the actions that were proposed with an answer. */
export function actionIdsOf(message: Message): string[] {
  return message.metadata.actions ?? [];
}

/** Whether a message is fixed, urgent advice instead of an answer. */
export function isAdvice(message: Message): boolean {
  return Boolean(message.metadata.safety?.red_flag);
}
