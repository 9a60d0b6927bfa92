// SPDX-License-Identifier: LGPL-2.1-or-later
// Brings what the service has into the store, and does there what is asked.

import { ask, inWords, Problem } from "./api";
import type { Asset, Channel, Job, List } from "./model";
import { store, type Listing } from "./store";

const PAGE = 60;

interface Kept {
  id: string;
  created_at: string | null;
}

/** The newest first, as the service lists them. */
function insert<T extends Kept>(listing: Listing<T>, found: T[]): void {
  for (const one of found) listing.items.set(one.id, one);
  const time = (one: T) => Date.parse(one.created_at ?? "") || 0;
  listing.items = new Map(
    [...listing.items].sort(([, a], [, b]) => time(b) - time(a)),
  );
}

async function read<T extends Kept>(
  path: string,
  listing: Listing<T>,
  more: boolean,
): Promise<void> {
  const cursor = more && listing.cursor
    ? `&cursor=${encodeURIComponent(listing.cursor)}`
    : "";
  const list = await ask<List<T>>("GET", `${path}?limit=${PAGE}${cursor}`);
  if (!more) listing.items.clear();
  insert(listing, list.data);
  listing.cursor = list.next_cursor;
  listing.loaded = true;
  store.touch();
}

export const readAssets = (more = false) =>
  read<Asset>("/v1/assets", store.assets, more);
export const readJobs = (more = false) =>
  read<Job>("/v1/jobs", store.jobs, more);
export const readChannels = (more = false) =>
  read<Channel>("/v1/channels", store.channels, more);

async function readPresets(): Promise<void> {
  store.presets = (await ask<{ data: string[] }>("GET", "/v1/presets")).data;
  store.touch();
}

/** Everything anew: at the start, after a new token, after a lost connection. */
export async function readAll(): Promise<void> {
  await guard(async () => {
    await readAssets();
    await Promise.all([readJobs(), readPresets(), readChannels()]);
  });
}

/** One that is not there any more is not shown any more. */
async function readOne<T extends Kept>(
  path: string,
  listing: Listing<T>,
  id: string,
): Promise<void> {
  try {
    insert(listing, [await ask<T>("GET", `${path}/${encodeURIComponent(id)}`)]);
  } catch (error) {
    if (error instanceof Problem && error.status === 404)
      listing.items.delete(id);
    throw error;
  } finally {
    store.touch();
  }
}

export const readAsset = (id: string) =>
  readOne<Asset>("/v1/assets", store.assets, id);
export const readJob = (id: string) =>
  readOne<Job>("/v1/jobs", store.jobs, id);
export const readChannel = (id: string) =>
  readOne<Channel>("/v1/channels", store.channels, id);

/** Runs what a person asked for; says what became of it where it failed. TRUE:
 * it was done. A wish for a token has a place of its own to be seen at. */
export async function guard(run: () => Promise<unknown>): Promise<boolean> {
  try {
    await run();
    return true;
  } catch (error) {
    if (!(error instanceof Problem && error.status === 401))
      store.toast(inWords(error), true);
    return false;
  }
}

export function doWithJob(
  id: string,
  verb: "cancel" | "retry" | "stop" | "pause" | "resume",
): Promise<boolean> {
  return guard(async () => {
    insert(store.jobs, [await ask<Job>("POST", `/v1/jobs/${id}/${verb}`)]);
    store.touch();
  });
}

export function deleteJob(id: string): Promise<boolean> {
  return guard(async () => {
    await ask("DELETE", `/v1/jobs/${id}`);
    store.jobs.items.delete(id);
    store.touch();
  });
}

/** With the job that prepared it. */
export function deleteAsset(id: string, job: string): Promise<boolean> {
  return guard(async () => {
    await ask("DELETE", `/v1/assets/${id}`);
    store.assets.items.delete(id);
    store.jobs.items.delete(job);
    store.touch();
  });
}

export interface Order {
  input: { url: string } | { upload: string };
  preset: string;
  title?: string;
}

/** @key: makes it safe to ask twice. */
export async function createAsset(order: Order, key?: string): Promise<Asset> {
  const headers: Record<string, string> = key ? { "Idempotency-Key": key } : {};
  const asset = await ask<Asset>("POST", "/v1/assets", order, headers);
  insert(store.assets, [asset]);
  store.touch();
  void readJob(asset.job_id).catch(() => undefined);
  return asset;
}

export async function createJob(order: Order): Promise<Job> {
  const job = await ask<Job>("POST", "/v1/jobs", order);
  insert(store.jobs, [job]);
  store.touch();
  return job;
}
