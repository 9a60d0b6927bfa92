// SPDX-License-Identifier: LGPL-2.1-or-later
// DASH with shaka-player.

import shaka from "shaka-player/dist/shaka-player.dash-es2021.js";

import { Trouble, type Player, type PlayerListener } from "./player";
import type { Quality } from "./types";

type Track = shaka.extern.Track;

function toQuality(track: Track): Quality {
  return {
    id: String(track.id),
    width: track.width ?? undefined,
    height: track.height ?? undefined,
    bitrate: track.bandwidth,
    codecs: track.codecs ?? "",
  };
}

/** A variant is a video with an audio: one entry for each video. */
function chooseTracks(player: shaka.Player): Track[] {
  const byVideo = new Map<string, Track>();
  const all = player.getVariantTracks();
  const language = all.find((track) => track.active)?.language;
  for (const track of all) {
    const key = String(track.originalVideoId ?? track.originalAudioId);
    const known = byVideo.get(key);
    const better =
      !known ||
      (track.language === language && known.language !== language) ||
      (track.language === known.language && track.bandwidth > known.bandwidth);
    if (better) byVideo.set(key, track);
  }
  return [...byVideo.values()].sort((a, b) => b.bandwidth - a.bandwidth);
}

function toTrouble(error: unknown): Trouble {
  if (!(error instanceof shaka.util.Error))
    return new Trouble(String(error), false);
  const { Category, Code } = shaka.util.Error;
  if (error.code === Code.CONTENT_UNSUPPORTED_BY_BROWSER)
    return new Trouble(
      "This browser plays none of the codecs of this stream.",
      false,
    );
  const name = Object.entries(Code).find(([, v]) => v === error.code)?.[0];
  return new Trouble(
    `shaka-player: ${name ?? error.code}`,
    error.category === Category.NETWORK,
  );
}

export async function createDash(
  video: HTMLVideoElement,
  url: string,
  listener: PlayerListener,
): Promise<Player> {
  shaka.polyfill.installAll();
  const player = new shaka.Player();
  await player.attach(video);
  // A live show that is hardly longer than the player stays behind would stand
  // still (docs/manifests.md, "Players").
  player.configure({
    streaming: { bufferBehind: 60, startAtSegmentBoundary: true },
  });
  player.addEventListener("error", (event) => {
    const error = (event as unknown as { detail: shaka.util.Error }).detail;
    if (error.severity === shaka.util.Error.Severity.CRITICAL)
      listener.onError(toTrouble(error));
  });
  for (const name of ["trackschanged", "adaptation", "variantchanged"])
    player.addEventListener(name, () => listener.onChange());
  try {
    await player.load(url, null, "application/dash+xml");
  } catch (error) {
    await player.destroy();
    throw toTrouble(error);
  }

  return {
    name: `shaka-player ${shaka.Player.version}`,
    qualities: () => chooseTracks(player).map(toQuality),
    select(id) {
      player.configure({ abr: { enabled: id === undefined } });
      const track = chooseTracks(player).find((t) => String(t.id) === id);
      if (track) player.selectVariantTrack(track, true);
    },
    playing() {
      const track = player.getVariantTracks().find((t) => t.active);
      const choice = chooseTracks(player).find(
        (t) => t.originalVideoId === track?.originalVideoId,
      );
      return choice && toQuality(choice);
    },
    latency() {
      if (!player.isLive()) return undefined;
      // By the clock of the server, which the player asks for (UTCTiming).
      const latency = player.getStats().liveLatency;
      return Number.isFinite(latency) ? latency : undefined;
    },
    async destroy() {
      await player.destroy();
    },
  };
}
