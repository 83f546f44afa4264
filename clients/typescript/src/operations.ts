/** What operators see over all users: use and cost, how turns and rooms ended, ratings, safety; and users' plans. */
import { type Api, bodyOf } from "./http.js";
import type { Schemas } from "./types.js";

/** Days as `2026-11-29`, 92 at most; left out, the last 30. */
export interface Period {
  from?: string;
  until?: string;
}

/** `cursor` is `next_cursor` of the page before. */
export interface Paged extends Period {
  limit?: number;
  cursor?: string;
}

export class Operations {
  private readonly api: Api;

  constructor({ api }: { api: Api }) {
    this.api = api;
  }

  /** What was used and what it cost, by day, model, plan and half of the product. */
  usage(period: Period = {}): Promise<Schemas["UseOfPeriod"]> {
    return bodyOf(this.api.GET("/v1/operations/usage", { params: { query: period } }));
  }

  /** How turns ended, by day; then one by one. */
  turns(query: Paged & { status?: Schemas["SeenTurn"]["status"] } = {}): Promise<Schemas["Turns"]> {
    return bodyOf(this.api.GET("/v1/operations/turns", { params: { query } }));
  }

  /** How rooms ended, by day; then one by one. */
  rooms(query: Paged & { status?: Schemas["SeenRoom"]["status"] } = {}): Promise<Schemas["Rooms"]> {
    return bodyOf(this.api.GET("/v1/operations/rooms", { params: { query } }));
  }

  /** A turn by its stages, without a word of what was said. */
  turn(id: string): Promise<Schemas["TurnTrace"]> {
    return bodyOf(this.api.GET("/v1/operations/turns/{turn_id}", { params: { path: { turn_id: id } } }));
  }

  /** A room by its stages, without a word of what was said. */
  room(id: string): Promise<Schemas["RoomTrace"]> {
    return bodyOf(this.api.GET("/v1/operations/rooms/{room_id}", { params: { path: { room_id: id } } }));
  }

  /** How many documents wait in the queue, are read, and were given up. */
  ingestion(): Promise<Schemas["Backlog"]> {
    return bodyOf(this.api.GET("/v1/operations/ingestion"));
  }

  /** Ratings with their reasons and comments. */
  ratings(query: Paged & { rating?: Schemas["SeenRating"]["rating"] } = {}): Promise<Schemas["SeenRatingPage"]> {
    return bodyOf(this.api.GET("/v1/operations/ratings", { params: { query } }));
  }

  /** Documents by status, questions that found nothing, what is cited most and never. */
  knowledge(query: Period & { limit?: number } = {}): Promise<Schemas["KnowledgeOfPeriod"]> {
    return bodyOf(this.api.GET("/v1/operations/knowledge", { params: { query } }));
  }

  /** How many answers each rule had replaced, mended, left out in part or withheld. */
  safety(period: Period = {}): Promise<Schemas["SafetyOfPeriod"]> {
    return bodyOf(this.api.GET("/v1/operations/safety", { params: { query: period } }));
  }

  async plans(): Promise<Schemas["Plan"][]> {
    return (await bodyOf(this.api.GET("/v1/operations/plans"))).items;
  }

  /** A user's plan, and use of this week. */
  planOf(userId: string): Promise<Schemas["UserPlan"]> {
    return bodyOf(this.api.GET("/v1/operations/users/{user_id}/plan", { params: at(userId) }));
  }

  /** Put a user on a plan, from the next use on. */
  changePlanOf(userId: string, plan: string): Promise<Schemas["UserPlan"]> {
    return bodyOf(this.api.PATCH("/v1/operations/users/{user_id}/plan", { params: at(userId), body: { plan } }));
  }
}

function at(userId: string): { path: { user_id: string } } {
  return { path: { user_id: userId } };
}
