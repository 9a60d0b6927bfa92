// SPDX-License-Identifier: LGPL-2.1-or-later
// What the API says; see docs/api.md.

export interface Fault {
  code: string;
  message: string;
}

export interface Input {
  url?: string;
  upload?: string;
}

export interface Asset {
  id: string;
  state: "preparing" | "ready" | "errored";
  preset: string;
  input: Input;
  title?: string | null;
  owner: string;
  job_id: string;
  created_at: string;
  play_url: string | null;
  poster_url?: string | null;
  duration?: number | null;
  bytes?: number | null;
  error: Fault | null;
}

export interface Track {
  kind?: string;
  codec?: string;
  width?: number;
  height?: number;
}

export interface Output {
  play_url: string;
  duration?: number;
  objects?: number;
  bytes?: number;
}

/** What moves while a job runs. */
export interface Progress {
  position?: number;
  duration?: number;
  progress?: number;
  speed?: number;
  eta?: number;
}

export type JobState =
  | "created"
  | "queued"
  | "assigned"
  | "running"
  | "publishing"
  | "succeeded"
  | "failed"
  | "canceled"
  | "streaming"
  | "paused"
  | "recovering"
  | "stopping"
  | "stopped";

export interface Job extends Progress {
  id: string;
  type: "vod" | "live";
  state: JobState;
  preset: string;
  input: Input;
  owner: string;
  priority: number;
  attempts: number;
  asset_id?: string;
  created_at: string | null;
  started_at: string | null;
  finished_at: string | null;
  error: Fault | null;
  output: Output | null;
}

export interface Item {
  id?: string;
  uri?: string;
  asset?: string;
  title?: string;
  in?: number | string;
  out?: number | string;
  duration?: number | string;
  at?: string;
  loop?: boolean;
}

export interface OnAir {
  item: Item | null;
  kind: "item" | "filler" | "slate" | "interrupt";
  position?: number;
  duration?: number | null;
}

export type ChannelState =
  | "idle"
  | "starting"
  | "running"
  | "recovering"
  | "stopping"
  | "failed";

export interface Channel {
  id: string;
  name: string;
  state: ChannelState;
  preset: string;
  owner: string;
  created_at: string;
  play_url: string | null;
  filler?: string | null;
  on_air: OnAir | null;
  next: Item | null;
  queue_length: number;
  error: Fault | null;
}

export interface Queue {
  items: Item[];
  on_air: OnAir | null;
}

export interface List<T> {
  data: T[];
  next_cursor: string | null;
}
