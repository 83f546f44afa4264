/** Who is signed in, and their client of Hercules. */
import { createHercules, type GetToken, type Hercules } from "@hercules/client";
import { HerculesProvider } from "@hercules/client/react";
import { type AuthError, GoTrueClient, isAuthApiError, type Session } from "@supabase/auth-js";
import { createContext, type ReactNode, useContext, useEffect, useMemo, useRef, useState } from "react";

import type { Config } from "../config";

export interface Account {
  id: string;
  email: string;
  /** May administer: as the token says. The server decides. */
  isOperator: boolean;
  signOut(): Promise<void>;
  /** Delete the account with all that is stored of it, and sign out. */
  delete(): Promise<void>;
}

export interface SignedIn {
  session: Session;
  hercules: Hercules;
  /** Note why it ends, before it does. */
  leave(why: SignedOut["why"]): void;
}

/** Nobody is signed in. Where somebody just was: why not any longer. */
export interface SignedOut {
  why?: "left" | "deleted" | "deleting" | "expired";
}

const AccountContext = createContext<Account | undefined>(undefined);

export function useAccount(): Account {
  const account = useContext(AccountContext);
  if (!account) {
    throw new Error("useAccount is used where nobody is signed in.");
  }
  return account;
}

/** Supabase Auth, and who is signed in there: undefined until it is known. */
export function useSignedIn(config: Config): [GoTrueClient, SignedIn | SignedOut | undefined] {
  const [auth] = useState(() => authOf(config));
  const [signedIn, setSignedIn] = useState<SignedIn | SignedOut>();
  const why = useRef<SignedOut["why"]>(undefined);
  useEffect(() => {
    let current: SignedIn | null = null;
    const leave: SignedIn["leave"] = (reason) => void (why.current = reason);
    const { data } = auth.onAuthStateChange((_, session) => {
      const before = current;
      const isSame = before?.session.user.id === session?.user.id;
      if (!isSame) {
        before?.hercules.close();
      }
      current = session && { session, hercules: (isSame && before?.hercules) || herculesOf(config, auth), leave };
      if (current) {
        setSignedIn(current);
      } else if (before) {
        setSignedIn({ why: why.current ?? "expired" });
      } else {
        setSignedIn((known) => known ?? {});
      }
      leave(undefined);
    });
    return () => {
      data.subscription.unsubscribe();
      current?.hercules.close();
    };
  }, [config, auth]);
  return [auth, signedIn];
}

/** The part of supabase-js that signs in: the rest of it would double what a first visit loads. */
function authOf({ supabaseUrl, supabaseAnonKey }: Config): GoTrueClient {
  return new GoTrueClient({
    url: `${supabaseUrl}/auth/v1`,
    headers: { apikey: supabaseAnonKey },
    storageKey: "hercules-console:auth",
    detectSessionInUrl: false, // the address is the page's own
  });
}

function herculesOf({ apiUrl }: Config, auth: GoTrueClient): Hercules {
  const getToken: GetToken = async ({ refresh }) => {
    const { data, error } = refresh ? await auth.refreshSession() : await auth.getSession();
    if (refresh && error && isRefused(error)) {
      await auth.signOut({ scope: "local" }); // nothing will be answered any longer
    }
    return data.session?.access_token ?? "";
  };
  return createHercules({ url: apiUrl, getToken, storage: localStorage });
}

/** Of no fault of the network or the server: the session is over. */
function isRefused(error: AuthError): boolean {
  return isAuthApiError(error) && error.status < 429;
}

/** All that is for a user. */
export function AccountProvider(props: { auth: GoTrueClient; signedIn: SignedIn; children: ReactNode }) {
  const { auth, signedIn, children } = props;
  const { hercules, session, leave } = signedIn;
  const { id, email = "", app_metadata } = session.user;
  const isOperator = app_metadata.role === "operator";
  const account = useMemo<Account>(() => {
    const signOut = async () => {
      leave("left");
      await hercules.forget();
      await auth.signOut({ scope: "local" });
    };
    const deleteAll = async () => {
      leave("deleted"); // what else is asked meanwhile finds no account, and signs out too
      try {
        leave((await hercules.account.delete()).status);
      } catch (fault) {
        leave(undefined);
        throw fault;
      }
      await auth.signOut({ scope: "local" });
    };
    return { id, email, isOperator, signOut, delete: deleteAll };
  }, [id, email, isOperator, auth, hercules, leave]);
  useWaking(hercules);
  return (
    <AccountContext.Provider value={account}>
      <HerculesProvider client={hercules}>{children}</HerculesProvider>
    </AccountContext.Provider>
  );
}

/** The network is back, or the page is in front again: look at once whether the socket still lives. */
function useWaking(hercules: Hercules): void {
  useEffect(() => {
    const wake = () => document.visibilityState === "visible" && hercules.wake();
    addEventListener("online", wake);
    document.addEventListener("visibilitychange", wake);
    return () => {
      removeEventListener("online", wake);
      document.removeEventListener("visibilitychange", wake);
    };
  }, [hercules]);
}
