// SPDX-License-Identifier: LGPL-2.1-or-later
// What is to be said of what is playing: names and values, "" where there is
// nothing to be said.

import * as format from "./format";
import type { Theatre } from "./theatre";
import type { Quality } from "./types";

function bufferAhead(video: HTMLVideoElement): number {
  const { buffered, currentTime } = video;
  for (let i = 0; i < buffered.length; i++) {
    if (buffered.start(i) <= currentTime + 0.1 && currentTime <= buffered.end(i))
      return buffered.end(i) - currentTime;
  }
  return 0;
}

export function describePlaying(theatre: Theatre): [string, string][] {
  const { player, video } = theatre;
  if (!player) return [];
  const latency = player.latency();
  const dropped = video.getVideoPlaybackQuality?.().droppedVideoFrames ?? 0;
  const rate = player.playing()?.bitrate;
  return [
    ["Player", player.name],
    ["Picture", format.size(video.videoWidth, video.videoHeight).replace("–", "")],
    ["Bit rate", rate ? format.bitrate(rate) : ""],
    ["Buffer", `${bufferAhead(video).toFixed(1)} s`],
    ["Behind live", latency === undefined ? "" : `${latency.toFixed(1)} s`],
    ["Dropped", video.videoWidth ? `${dropped} frames` : ""],
  ];
}

function qualityLabel(quality: Quality): string {
  const size = quality.width
    ? `${format.rung(quality.width, quality.height)} · ` +
      `${format.size(quality.width, quality.height)} · `
    : "";
  return `${size}${format.bitrate(quality.bitrate)}`;
}

/** The quality menu: ids and labels; "" is automatic. */
export function listQualities(theatre: Theatre): [string, string][] {
  const { qualities, chosen } = theatre;
  const playing = theatre.player?.playing();
  const now =
    playing && qualities.length > 1 && chosen === undefined
      ? ` (${playing.width ? format.rung(playing.width, playing.height) : format.bitrate(playing.bitrate)})`
      : "";
  return [
    ["", `Automatic${now}`],
    ...qualities.map((q): [string, string] => [q.id, qualityLabel(q)]),
  ];
}
