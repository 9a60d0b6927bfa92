// SPDX-License-Identifier: LGPL-2.1-or-later
// Listens to /events. The browser connects again by itself where it breaks.

import type { Job, PublishedObject } from "./types";

export interface FeedListener {
  onJob(job: Job): void;
  onObject(object: PublishedObject): void;
  /** Connected (again), or not any more. */
  onConnection(connected: boolean): void;
}

function parse<T>(data: string): T | undefined {
  try {
    return JSON.parse(data) as T;
  } catch {
    return undefined;
  }
}

export function listen(listener: FeedListener): EventSource {
  const source = new EventSource("/events");
  source.addEventListener("open", () => listener.onConnection(true));
  source.addEventListener("error", () => listener.onConnection(false));
  source.addEventListener("job", (event) => {
    const job = parse<Job>(event.data as string);
    if (job) listener.onJob(job);
  });
  source.addEventListener("object", (event) => {
    const object = parse<PublishedObject>(event.data as string);
    if (object) listener.onObject(object);
  });
  return source;
}
