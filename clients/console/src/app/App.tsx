import { Suspense } from "react";

import type { Config } from "../config";
import { Loading } from "../design/Loading";
import { ToastProvider } from "../design/Toast";
import { AccountProvider, useSignedIn } from "./account";
import { Boundary } from "./Boundary";
import { useRoute } from "./route";
import { Shell } from "./Shell";
import { SignIn } from "./SignIn";
import { useVisibleViews } from "./visible_views";

export function App({ config }: { config: Config }) {
  const [auth, signedIn] = useSignedIn(config);
  if (signedIn === undefined) {
    return <Loading />;
  }
  if (!("session" in signedIn)) {
    return <SignIn auth={auth} why={signedIn.why} />;
  }
  return (
    <AccountProvider key={signedIn.session.user.id} auth={auth} signedIn={signedIn}>
      <ToastProvider>
        <Content />
      </ToastProvider>
    </AccountProvider>
  );
}

/** The view that the address names; one that is unknown, or not for this user, is as the first one. */
function Content() {
  const { view: name, rest } = useRoute();
  const views = useVisibleViews();
  const found = views.find((view) => view.id === name);
  const view = found ?? views[0];
  return (
    <Shell current={view?.id}>
      <Boundary key={view?.id}>
        <Suspense fallback={<Loading />}>{view && <view.Content rest={found ? rest : []} />}</Suspense>
      </Boundary>
    </Shell>
  );
}
