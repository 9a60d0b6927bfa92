// SPDX-License-Identifier: LGPL-2.1-or-later
// Listens to /v1/events. The client goes on after the last event that it has
// heard where the connection breaks; where the service refuses, or is away for
// long, this begins anew.

import { EventSource } from "eventsource";

import { authorization, reportRefusal } from "./api";
import { readAll, readAsset, readChannel, readJob } from "./data";
import type { Channel, Job, Progress } from "./model";
import { store } from "./store";
import { hasEnded, titleOfAsset } from "./words";

const AGAIN_MS = 3000;

interface JobEvent extends Progress {
  id: string;
  state: Job["state"];
  attempts?: number;
  asset_id?: string;
  message?: string;
}

type ChannelEvent = Partial<Channel> & { id: string };

/** What was told may be of something that this page has not seen yet, or that
 * is gone by now. */
function look(reading: Promise<void>): void {
  reading.catch(() => undefined);
}

function announce(job: Job): void {
  const asset = job.asset_id ? store.assets.items.get(job.asset_id) : undefined;
  if (!asset) return;
  if (job.state === "succeeded") store.say(`${titleOfAsset(asset)} is ready.`);
  if (job.state === "failed") store.say(`${titleOfAsset(asset)} has failed.`);
}

function onJob(told: JobEvent): void {
  const job = store.jobs.items.get(told.id);
  if (job) {
    job.state = told.state;
    if (told.attempts !== undefined) job.attempts = told.attempts;
    announce(job);
  }
  if (!job || hasEnded(job) || told.state === "streaming") {
    look(readJob(told.id));
    if (told.asset_id) look(readAsset(told.asset_id));
  } else if (told.asset_id && !store.assets.items.has(told.asset_id))
    look(readAsset(told.asset_id));
  store.touch();
}

function onProgress(told: JobEvent): void {
  const job = store.jobs.items.get(told.id);
  if (!job) return;
  Object.assign(job, told);
  store.touch();
}

/** Of a channel, and of what it has on air. */
function onChannel(told: ChannelEvent): void {
  const channel = store.channels.items.get(told.id);
  if (!channel) return look(readChannel(told.id));
  const { state } = channel;
  Object.assign(channel, told);
  if (told.state !== undefined && told.state !== state)
    look(readChannel(told.id));
  store.touch();
  channelListeners.forEach((listener) => listener(told.id));
}

const channelListeners = new Set<(id: string) => void>();

/** @listener is told which channel has changed. */
export function listenToChannels(listener: (id: string) => void): () => void {
  channelListeners.add(listener);
  return () => channelListeners.delete(listener);
}

const HANDLERS: Record<string, (data: never) => void> = {
  job: onJob,
  progress: onProgress,
  channel: onChannel,
  on_air: onChannel,
};

let source: EventSource | undefined;
let timer: number | undefined;

function connect(): void {
  const mine = new EventSource("/v1/events", {
    fetch: (url, init) =>
      fetch(url, { ...init, headers: { ...init.headers, ...authorization() } }),
  });
  source = mine;
  mine.addEventListener("open", () => {
    store.connection = "open";
    store.touch();
    // What has happened before this, and more than events are kept of.
    void readAll();
  });
  mine.addEventListener("error", (event) => {
    // Without events the page is still of use, if there is an answer.
    if (store.connection === "connecting") void readAll();
    store.connection = "lost";
    store.touch();
    if (mine.readyState !== EventSource.CLOSED) return;
    reportRefusal(event.code ?? 0);
    if (source === mine && event.code !== 401)
      timer = window.setTimeout(connect, AGAIN_MS);
  });
  for (const [name, handle] of Object.entries(HANDLERS))
    mine.addEventListener(name, (event) => {
      try {
        handle(JSON.parse(event.data as string) as never);
      } catch (error) {
        if (!(error instanceof SyntaxError)) throw error;
      }
    });
}

/** Begins, or begins anew with another token. */
export function listen(): void {
  window.clearTimeout(timer);
  source?.close();
  store.connection = "connecting";
  connect();
}
