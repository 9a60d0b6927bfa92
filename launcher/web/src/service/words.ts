// SPDX-License-Identifier: LGPL-2.1-or-later
// States and names in words for people.

import * as format from "../format";
import type { Asset, Channel, Input, Item, Job } from "./model";

const JOB_STATES: Record<Job["state"], string> = {
  created: "Waiting",
  queued: "Waiting",
  assigned: "Starting",
  running: "Running",
  publishing: "Finishing",
  succeeded: "Done",
  failed: "Failed",
  canceled: "Canceled",
  streaming: "Live",
  paused: "Paused",
  recovering: "Recovering",
  stopping: "Stopping",
  stopped: "Stopped",
};

const CHANNEL_STATES: Record<Channel["state"], string> = {
  idle: "Off air",
  starting: "Starting",
  running: "On air",
  recovering: "Recovering",
  stopping: "Stopping",
  failed: "Failed",
};

const ENDED = ["succeeded", "failed", "canceled", "stopped"];

export function jobState(job: Job): string {
  return JOB_STATES[job.state] ?? job.state;
}

export function channelState(channel: Channel): string {
  return CHANNEL_STATES[channel.state] ?? channel.state;
}

export function hasEnded(job: Job): boolean {
  return ENDED.includes(job.state);
}

/** Colour of a state's mark: see .mark in service.css. */
export function toneOf(state: string): string {
  if (["failed", "errored"].includes(state)) return "bad";
  if (["succeeded", "ready"].includes(state)) return "good";
  if (["streaming", "live", "on-air"].includes(state)) return "live";
  if (["running", "publishing", "assigned", "preparing", "starting",
    "recovering", "stopping"].includes(state)) return "busy";
  return "none";
}

/** The last part of an address, as a person would name what is there. */
export function nameOfUrl(url: string | undefined): string {
  if (!url) return "";
  const path = url.replace(/[?#].*$/, "").replace(/\/+$/, "");
  const last = path.slice(path.lastIndexOf("/") + 1) || url;
  try {
    return decodeURIComponent(last);
  } catch {
    return last;
  }
}

export function nameOfInput(input: Input): string {
  return nameOfUrl(input.url) || input.upload || "";
}

export function titleOfAsset(asset: Asset): string {
  return asset.title || nameOfInput(asset.input) || asset.id;
}

export function titleOfItem(item: Item | null | undefined): string {
  if (!item) return "";
  return item.title || nameOfUrl(item.uri) || item.asset || item.id || "";
}

const ago = new Intl.RelativeTimeFormat("en", { numeric: "auto" });

/** "5 minutes ago"; after a week, the date. */
export function when(time: string | null, now = Date.now()): string {
  const then = time ? Date.parse(time) : NaN;
  if (!Number.isFinite(then)) return "";
  const minutes = Math.round((then - now) / 60_000);
  if (Math.abs(minutes) < 1) return "just now";
  if (Math.abs(minutes) < 60) return ago.format(minutes, "minute");
  const hours = Math.round(minutes / 60);
  if (Math.abs(hours) < 24) return ago.format(hours, "hour");
  const days = Math.round(hours / 24);
  if (Math.abs(days) < 7) return ago.format(days, "day");
  return new Date(then).toLocaleDateString("en", { dateStyle: "medium" });
}

/** "42 %, 1.8 ×, 0:12 left". */
export function progressOf(job: Job): string {
  const live = job.type === "live";
  const parts = [
    job.progress !== undefined ? `${Math.floor(job.progress * 100)} %` : "",
    live && job.position ? format.clock(job.position) : "",
    job.speed ? `${job.speed.toFixed(job.speed < 9.95 ? 1 : 0)} ×` : "",
    job.eta ? `${format.clock(job.eta)} left` : "",
  ];
  return parts.filter(Boolean).join(" · ");
}
