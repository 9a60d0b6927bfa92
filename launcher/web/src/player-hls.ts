// SPDX-License-Identifier: LGPL-2.1-or-later
// HLS with hls.js.

import Hls, {
  ErrorDetails,
  ErrorTypes,
  Events,
  type ErrorData,
  type Level,
} from "hls.js";

import { Trouble, type Player, type PlayerListener } from "./player";
import type { Quality } from "./types";

/** Media errors that are mended before giving up, and within what time. */
const MENDS = 3;
const MEND_WINDOW_MS = 30_000;

/** Nobody watches live so long after. */
const PLAUSIBLE_S = 300;

export function canUseHls(): boolean {
  return Hls.isSupported();
}

function toQuality(level: Level, index: number): Quality {
  return {
    id: String(index),
    width: level.width || undefined,
    height: level.height || undefined,
    bitrate: level.bitrate,
    codecs: level.codecs ?? "",
  };
}

export function createHls(
  video: HTMLVideoElement,
  url: string,
  listener: PlayerListener,
): Player {
  const hls = new Hls({ backBufferLength: 60 });
  const mends: number[] = [];

  function mend(): boolean {
    const now = Date.now();
    while (mends[0] !== undefined && now - mends[0] > MEND_WINDOW_MS)
      mends.shift();
    if (mends.length >= MENDS) return false;
    mends.push(now);
    hls.recoverMediaError();
    return true;
  }

  function onError(data: ErrorData): void {
    if (!data.fatal) return;
    if (data.details === ErrorDetails.MANIFEST_INCOMPATIBLE_CODECS_ERROR) {
      listener.onError(
        new Trouble("This browser plays none of the codecs of this stream.", false),
      );
      return;
    }
    if (data.type === ErrorTypes.MEDIA_ERROR && mend()) return;
    const status = data.response?.code ? ` (HTTP ${data.response.code})` : "";
    listener.onError(
      new Trouble(
        `hls.js: ${data.details}${status}`,
        data.type === ErrorTypes.NETWORK_ERROR,
      ),
    );
  }

  hls.on(Events.ERROR, (_, data) => onError(data));
  hls.on(Events.MANIFEST_PARSED, () => listener.onChange());
  hls.on(Events.LEVELS_UPDATED, () => listener.onChange());
  hls.on(Events.LEVEL_SWITCHED, () => listener.onChange());
  hls.on(Events.FRAG_CHANGED, () => listener.onChange());
  hls.loadSource(url);
  hls.attachMedia(video);

  return {
    name: `hls.js ${Hls.version}`,
    qualities: () => hls.levels.map(toQuality).reverse(),
    select(id) {
      hls.nextLevel = id === undefined ? -1 : Number(id);
    },
    playing() {
      const level = hls.levels[hls.currentLevel];
      return level && toQuality(level, hls.currentLevel);
    },
    latency() {
      if (!hls.latestLevelDetails?.live) return undefined;
      const behind = (Date.now() - (hls.playingDate?.getTime() ?? NaN)) / 1000;
      // Where this machine's clock is wrong, or the playlist tells no time of
      // day: behind the end of the playlist.
      return behind > 0 && behind < PLAUSIBLE_S ? behind : hls.latency;
    },
    async destroy() {
      hls.destroy();
    },
  };
}
