// SPDX-License-Identifier: LGPL-2.1-or-later
// One face for the players: each plays one manifest in one video element.

import type { Kind, Quality } from "./types";

/** What a player could not mend itself. */
export class Trouble extends Error {
  constructor(
    message: string,
    /** A new start may help: something did not arrive. */
    readonly passing: boolean,
  ) {
    super(message);
  }
}

export interface PlayerListener {
  /** The menu has other entries, or another one plays. */
  onChange(): void;
  /** Playing has ended. */
  onError(trouble: Trouble): void;
}

export interface Player {
  readonly name: string;
  /** The largest first; empty where the browser alone decides. */
  qualities(): Quality[];
  /** undefined: by the connection. */
  select(id: string | undefined): void;
  playing(): Quality | undefined;
  /** Seconds behind the live edge; undefined where nothing is live. */
  latency(): number | undefined;
  destroy(): Promise<void>;
}

export async function createPlayer(
  kind: Kind,
  video: HTMLVideoElement,
  url: string,
  listener: PlayerListener,
): Promise<Player> {
  if (kind === "dash") {
    const { createDash } = await import("./player-dash");
    return createDash(video, url, listener);
  }
  const { createHls, canUseHls } = await import("./player-hls");
  if (canUseHls()) return createHls(video, url, listener);
  const { createNative } = await import("./player-native");
  return createNative(video, url, listener);
}
