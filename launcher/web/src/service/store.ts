// SPDX-License-Identifier: LGPL-2.1-or-later
// What the page knows, in one place. Parts of it are changed where they stand;
// touch() has the page drawn again, once for all changes of a moment.

import { useCallback, useEffect, useState } from "preact/hooks";

import { getToken } from "./api";
import type { Asset, Channel, Job } from "./model";

export type Connection = "connecting" | "open" | "lost";

export interface Toast {
  id: number;
  text: string;
  bad: boolean;
}

export interface Listing<T> {
  items: Map<string, T>;
  cursor: string | null;
  loaded: boolean;
}

function emptyListing<T>(): Listing<T> {
  return { items: new Map(), cursor: null, loaded: false };
}

const TOAST_MS = 8000;

class Store {
  assets: Listing<Asset> = emptyListing();
  jobs: Listing<Job> = emptyListing();
  channels: Listing<Channel> = emptyListing();
  presets: string[] = [];
  connection: Connection = "connecting";
  /** The service has refused what was asked without a (good) token. */
  tokenWanted = false;
  toasts: Toast[] = [];
  /** For screen readers, where something on the screen says it to others. */
  said = "";

  private listeners = new Set<() => void>();
  private pending = false;
  private lastToast = 0;

  touch(): void {
    if (this.pending) return;
    this.pending = true;
    queueMicrotask(() => {
      this.pending = false;
      this.listeners.forEach((listener) => listener());
    });
  }

  listen(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** What went wrong stays until it is closed; other things go by themselves. */
  toast(text: string, bad = false): void {
    const id = ++this.lastToast;
    this.toasts = [...this.toasts.slice(-3), { id, text, bad }];
    if (!bad) window.setTimeout(() => this.dropToast(id), TOAST_MS);
    this.touch();
  }

  dropToast(id: number): void {
    this.toasts = this.toasts.filter((toast) => toast.id !== id);
    this.touch();
  }

  say(text: string): void {
    this.said = text;
    this.touch();
  }

  /** Nothing of what one token may see is left for the next one. */
  clear(): void {
    this.assets = emptyListing();
    this.jobs = emptyListing();
    this.channels = emptyListing();
    this.toasts = [];
    this.tokenWanted = getToken() === "";
  }
}

export const store = new Store();

export function useRedraw(): () => void {
  const [, count] = useState(0);
  return useCallback(() => count((n) => n + 1), []);
}

/** Draws the component again whenever the store has changed. */
export function useStore(): Store {
  const redraw = useRedraw();
  useEffect(() => store.listen(redraw), []);
  return store;
}
