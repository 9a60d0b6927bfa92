// SPDX-License-Identifier: LGPL-2.1-or-later
// The frame around the views: where one can go, whether the service is heard,
// what went wrong.

import { useEffect, useRef } from "preact/hooks";

import { Channels } from "./channels";
import { ChannelView } from "./channel";
import { Jobs } from "./jobs";
import { Library } from "./library";
import { Button } from "./parts";
import { linkTo, useRoute, type Route } from "./route";
import { useStore, type Connection } from "./store";
import { TokenField } from "./token";
import { Watch } from "./watch";
import { hasEnded } from "./words";

const CONNECTION: Record<Connection, [string, string]> = {
  connecting: ["Connecting", "none"],
  open: ["Connected", "good"],
  lost: ["Connection lost, trying again", "bad"],
};

const TITLES: Record<Route["view"], string> = {
  library: "Library",
  jobs: "Jobs",
  channels: "Channels",
  watch: "Watch",
};

function Tab({ view, current, count }: {
  view: Route["view"];
  current: Route["view"];
  count?: number;
}) {
  return (
    <a href={linkTo(view)} aria-current={view === current ? "page" : undefined}>
      {TITLES[view]}
      {count ? (
        <span class="count">
          {count}
          <span class="unseen"> at work</span>
        </span>
      ) : null}
    </a>
  );
}

function Toasts() {
  const store = useStore();
  const list = (bad: boolean) =>
    store.toasts.filter((toast) => toast.bad === bad).map((toast) => (
      <div class="toast" data-bad={bad} key={toast.id}>
        <span>{toast.text}</span>
        <Button tone="bare" icon="close" label="Close"
          onClick={() => store.dropToast(toast.id)} />
      </div>
    ));
  return (
    <div class="toasts">
      <div role="alert">{list(true)}</div>
      <div role="status">{list(false)}</div>
      <p role="status" class="unseen">{store.said}</p>
    </div>
  );
}

function View({ route }: { route: Route }) {
  switch (route.view) {
    case "jobs":
      return <Jobs selected={route.id} />;
    case "channels":
      return route.id
        ? <ChannelView id={route.id} key={route.id} />
        : <Channels />;
    case "watch":
      return <Watch id={route.id} key={route.id} />;
    case "library":
      return <Library />;
  }
}

export function App() {
  const store = useStore();
  const route = useRoute();
  const main = useRef<HTMLElement>(null);
  const came = useRef(false);
  const busy = [...store.jobs.items.values()].filter((j) => !hasEnded(j)).length;
  const [words, tone] = CONNECTION[store.connection];
  const tab = route.view === "watch" ? "library" : route.view;

  useEffect(() => {
    document.title = `${TITLES[route.view]} · vstream`;
    // Whoever cannot see that the view has changed is told so.
    if (came.current) main.current?.focus();
    came.current = true;
  }, [route.view, route.view === "jobs" ? "" : route.id]);

  return (
    <>
      <a class="skip" href="#main" onClick={(event) => {
        event.preventDefault();
        main.current?.focus();
      }}>To the content</a>
      <header class="top">
        <a class="wordmark" href={linkTo("library")}>vstream</a>
        <nav aria-label="Views">
          <Tab view="library" current={tab} />
          <Tab view="jobs" current={tab} count={busy} />
          <Tab view="channels" current={tab} />
        </nav>
        <p class="mark connection" data-tone={tone} role="status">
          <span class="lamp" aria-hidden="true" />
          {words}
        </p>
      </header>
      <main id="main" ref={main} tabIndex={-1} class="view" data-view={route.view}>
        {store.tokenWanted ? <TokenField /> : <View route={route} />}
      </main>
      <Toasts />
    </>
  );
}
