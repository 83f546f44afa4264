/** What the API answers, by the contract's names. */
import type { components } from "@hercules/client/generated/openapi";

export type Schemas = components["schemas"];
