/** What the console is told when it starts, so that the same files serve every cloud: `/config.json` beside them. */

export interface Config {
  /** Of the API, without a path. */
  apiUrl: string;
  supabaseUrl: string;
  /** The public one; it opens nothing by itself. */
  supabaseAnonKey: string;
}

const NAMES = ["apiUrl", "supabaseUrl", "supabaseAnonKey"] as const;

/** Rejects where there is none, or where it lacks something. */
export async function readConfig(): Promise<Config> {
  const response = await fetch("config.json", { cache: "no-store" });
  if (!response.ok) {
    throw new Error(`config.json: ${response.status}`);
  }
  const config = (await response.json()) as Config;
  const missing = NAMES.filter((name) => !config[name]);
  if (missing.length > 0) {
    throw new Error(`config.json lacks ${missing.join(", ")}`);
  }
  return config;
}
