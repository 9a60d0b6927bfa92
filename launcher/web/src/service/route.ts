// SPDX-License-Identifier: LGPL-2.1-or-later
// Where in the page one is: #/jobs, #/watch/asset_1.

import { useEffect, useState } from "preact/hooks";

export interface Route {
  view: "library" | "jobs" | "channels" | "watch";
  id: string;
}

const VIEWS = ["library", "jobs", "channels", "watch"] as const;

export function parseRoute(hash: string): Route {
  const [name, id = ""] = hash.replace(/^#\/?/, "").split("/");
  const view = VIEWS.find((known) => known === name) ?? "library";
  let decoded = "";
  try {
    decoded = decodeURIComponent(id);
  } catch {
    // not an id that anything has
  }
  return { view, id: decoded };
}

export function linkTo(view: Route["view"], id?: string): string {
  return id ? `#/${view}/${encodeURIComponent(id)}` : `#/${view}`;
}

export function useRoute(): Route {
  const [hash, setHash] = useState(location.hash);
  useEffect(() => {
    const onChange = () => setHash(location.hash);
    window.addEventListener("hashchange", onChange);
    return () => window.removeEventListener("hashchange", onChange);
  }, []);
  return parseRoute(hash);
}
