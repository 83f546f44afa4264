/** Who is signed in, and their client of Hercules. */
import { createHercules, type Hercules } from "@hercules/client";
import { HerculesProvider } from "@hercules/client/react";
import { GoTrueClient, type Session } from "@supabase/auth-js";
import { createContext, type ReactNode, useContext, useEffect, useMemo, useState } from "react";

import type { Config } from "../config";

export interface Account {
  id: string;
  email: string;
  /** May administer: as the token says. The server decides. */
  isOperator: boolean;
  signOut(): Promise<void>;
}

export interface SignedIn {
  session: Session;
  hercules: Hercules;
}

const AccountContext = createContext<Account | undefined>(undefined);

export function useAccount(): Account {
  const account = useContext(AccountContext);
  if (!account) {
    throw new Error("useAccount is used where nobody is signed in.");
  }
  return account;
}

/** Supabase Auth, and who is signed in there: undefined until it is known, null where nobody is. */
export function useSignedIn(config: Config): [GoTrueClient, SignedIn | null | undefined] {
  const [auth] = useState(() => authOf(config));
  const [signedIn, setSignedIn] = useState<SignedIn | null>();
  useEffect(() => {
    let current: SignedIn | null = null;
    const { data } = auth.onAuthStateChange((_, session) => {
      if (current && current.session.user.id !== session?.user.id) {
        current.hercules.close();
        current = null;
      }
      current = session && { session, hercules: current?.hercules ?? herculesOf(config, auth) };
      setSignedIn(current);
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
  const getToken = async () => (await auth.getSession()).data.session?.access_token ?? "";
  return createHercules({ url: apiUrl, getToken, storage: localStorage });
}

/** All that is for a user. */
export function AccountProvider(props: { auth: GoTrueClient; signedIn: SignedIn; children: ReactNode }) {
  const { auth, signedIn, children } = props;
  const { hercules, session } = signedIn;
  const { id, email = "", app_metadata } = session.user;
  const isOperator = app_metadata.role === "operator";
  const account = useMemo<Account>(() => {
    const signOut = async () => {
      await hercules.forget();
      await auth.signOut({ scope: "local" });
    };
    return { id, email, isOperator, signOut };
  }, [id, email, isOperator, auth, hercules]);
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
