// SPDX-License-Identifier: LGPL-2.1-or-later
// What the modules of the page tell each other.

export type Kind = "hls" | "dash";

/** What /status and /events say; see launcher/http/vs-http.h. */
export interface Job {
  state?: "starting" | "running" | "finishing" | "finished" | "failed";
  type?: "vod" | "event" | "live";
  input?: string;
  output?: string;
  progress?: number;
  position?: number;
  duration?: number;
  speed?: number;
  eta?: number;
  message?: string;
  hls?: string | null;
  dash?: string | null;
}

/** Something that appeared in the folder, or went. */
export interface PublishedObject {
  key: string;
  size?: number;
  gone?: boolean;
  /** When, in ms since 1970. */
  time?: number;
}

/** One line of the multivariant playlist. */
export interface Rendition {
  name: string;
  uri: string;
  type: "video" | "audio" | "text";
  width?: number;
  height?: number;
  frameRate?: number;
  codecs: string;
  bandwidth?: number;
  average?: number;
  language?: string;
  channels?: string;
  isDefault: boolean;
}

/** What a media playlist amounts to. */
export interface MediaInfo {
  segments: number;
  seconds: number;
  gaps: number;
  ended: boolean;
}

/** One entry of the quality menu. */
export interface Quality {
  id: string;
  width?: number | undefined;
  height?: number | undefined;
  bitrate: number;
  codecs: string;
}
