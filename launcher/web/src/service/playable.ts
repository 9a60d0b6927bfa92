// SPDX-License-Identifier: LGPL-2.1-or-later
// Where the manifests of something are: what /play/ID leads to for each kind.

import { useEffect, useState } from "preact/hooks";

import type { Kind } from "../types";

async function find(url: string, kind: Kind): Promise<[Kind, string][]> {
  try {
    const reply = await fetch(`${url}?format=${kind}`, {
      method: "HEAD",
      cache: "no-store",
    });
    return reply.ok ? [[kind, reply.url]] : [];
  } catch {
    return [];
  }
}

export interface Playable {
  urls: Map<Kind, string>;
  /** It has been asked for, and there is nothing. */
  missing: boolean;
}

const NOTHING: Playable = { urls: new Map(), missing: false };

/** What is live may have no manifest yet: it is looked for again after so long,
 * and then after twice as long, up to the other. */
const AGAIN_MS = 1000;
const AGAIN_MOST_MS = 8000;

/** @url: undefined while there is nothing to be played. @version: another one
 * has it looked for again at once. */
export function usePlayable(url: string | undefined, version = ""): Playable {
  const [playable, setPlayable] = useState(NOTHING);
  // A document that is read again has a signature that holds for longer; what
  // plays is not to be disturbed by it.
  const what = url?.replace(/~[^/]*$/, "~");
  useEffect(() => {
    let wanted = true;
    let timer: number | undefined;
    if (!url) {
      setPlayable(NOTHING);
      return undefined;
    }
    const look = (pause: number) => {
      void Promise.all([find(url, "hls"), find(url, "dash")]).then((found) => {
        if (!wanted) return;
        const urls = new Map(found.flat());
        setPlayable({ urls, missing: urls.size === 0 });
        if (urls.size === 0)
          timer = window.setTimeout(
            look, pause, Math.min(pause * 2, AGAIN_MOST_MS));
      });
    };
    look(AGAIN_MS);
    return () => {
      wanted = false;
      window.clearTimeout(timer);
    };
  }, [what, version]);
  return playable;
}
