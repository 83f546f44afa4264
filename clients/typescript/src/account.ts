/** The user's account as a whole: all that is stored of them in a file, and its end. */
import { type Api, bodyOf } from "./http.js";
import type { AccountReceipt, ExportedFile } from "./types.js";

export class Account {
  constructor(
    private readonly api: Api,
    /** Deletes what the device keeps. */
    private readonly forget: () => Promise<void>,
  ) {}

  /** Everything that is stored of the user, in one file: by a URL from which it can be read until `expires_at`. */
  export(): Promise<ExportedFile> {
    return bodyOf(this.api.GET("/v1/account/export"));
  }

  /** Delete everything for good, on the device too; `deleting` goes on by itself. The token opens nothing from then on. */
  async delete(): Promise<AccountReceipt> {
    const receipt = await bodyOf(this.api.DELETE("/v1/account"));
    await this.forget();
    return receipt;
  }
}
