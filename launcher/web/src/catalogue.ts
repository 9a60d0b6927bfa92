// SPDX-License-Identifier: LGPL-2.1-or-later
// What the folder holds: which manifests are there, which renditions they
// list, and what has appeared since the page was opened.

import { parseMedia, parseMultivariant } from "./playlist";
import type {
  Job,
  Kind,
  MediaInfo,
  PublishedObject,
  Rendition,
} from "./types";

const MEDIA = "/media/";
const OBJECTS_KEPT = 200;
/** Playlists are read again no more often than this. */
const REFRESH_MS = 1500;

/** Manifests, and what other programs write before they rename it. */
const UNLISTED = /\.(m3u8|mpd|tmp|part|state)$/;

export interface Appearance {
  object: PublishedObject;
  at: Date;
}

export class Catalogue {
  readonly ready = new Set<Kind>();
  renditions: Rendition[] = [];
  readonly media = new Map<string, MediaInfo>();
  /** Segments that have appeared, the newest first; the server tells the last
   * few dozen to who comes late. */
  readonly objects: Appearance[] = [];
  count = 0;
  bytes = 0;

  private names = new Map<Kind, string>();
  private timer: number | undefined;
  private stale = new Set<string>();

  constructor(private readonly onChange: () => void) {
    this.setNames({});
  }

  /** TRUE where the job writes to other names than before. */
  setNames(job: Job): boolean {
    const names = new Map<Kind, string>();
    if (job.hls !== null) names.set("hls", job.hls ?? "multivariant.m3u8");
    if (job.dash !== null) names.set("dash", job.dash ?? "manifest.mpd");
    const changed = [...names].join() !== [...this.names].join();
    this.names = names;
    return changed;
  }

  get urls(): Map<Kind, string> {
    return new Map([...this.names].map(([kind, n]) => [kind, urlOf(n)]));
  }

  /** Asks for each manifest once. */
  async probe(): Promise<void> {
    const answers = await Promise.all(
      [...this.names].map(
        async ([kind, name]) => [kind, await exists(urlOf(name))] as const,
      ),
    );
    // Both at once: nobody is to start the one because it was asked first.
    for (const [kind, there] of answers) {
      if (there) this.ready.add(kind);
      else this.ready.delete(kind);
    }
    if (this.ready.has("hls")) await this.readRenditions();
    this.onChange();
  }

  /** The feed says that something appeared or went. */
  note(object: PublishedObject): void {
    if (!UNLISTED.test(object.key)) this.list(object);
    for (const [kind, name] of this.names) {
      if (object.key !== name) continue;
      if (object.gone) this.ready.delete(kind);
      else this.ready.add(kind);
    }
    if (object.key.endsWith(".m3u8") && !object.gone) {
      this.stale.add(object.key);
      this.timer ??= window.setTimeout(() => this.refresh(), REFRESH_MS);
      if (object.key === this.names.get("hls")) this.refresh();
    }
    this.onChange();
  }

  private list(object: PublishedObject): void {
    if (object.gone) {
      const listed = this.objects.find((o) => o.object.key === object.key);
      if (listed) listed.object = object;
      return;
    }
    this.count += 1;
    this.bytes += object.size ?? 0;
    this.objects.unshift({ object, at: new Date(object.time ?? Date.now()) });
    this.objects.length = Math.min(this.objects.length, OBJECTS_KEPT);
  }

  private refresh(): void {
    const stale = this.stale;
    window.clearTimeout(this.timer);
    this.timer = undefined;
    this.stale = new Set();
    const whole = stale.has(this.names.get("hls") ?? "");
    const read = whole
      ? this.readRenditions()
      : Promise.all(
          this.renditions
            .filter((r) => stale.has(this.keyOf(r)))
            .map((r) => this.readMedia(r)),
        );
    void read.then(() => this.onChange());
  }

  private keyOf(rendition: Rendition): string {
    const url = new URL(rendition.uri, this.base);
    return decodeURIComponent(url.pathname.slice(MEDIA.length));
  }

  private get base(): URL {
    return new URL(urlOf(this.names.get("hls") ?? ""), location.href);
  }

  private async readRenditions(): Promise<void> {
    const text = await fetchText(this.base.href);
    if (text === undefined) return;
    // A media playlist under this name has one rendition: itself.
    this.renditions = parseMultivariant(text);
    await Promise.all(this.renditions.map((r) => this.readMedia(r)));
  }

  private async readMedia(rendition: Rendition): Promise<void> {
    const text = await fetchText(new URL(rendition.uri, this.base).href);
    if (text !== undefined) this.media.set(rendition.uri, parseMedia(text));
  }
}

function urlOf(name: string): string {
  return MEDIA + name.split("/").map(encodeURIComponent).join("/");
}

async function exists(url: string): Promise<boolean> {
  try {
    const reply = await fetch(url, { method: "HEAD", cache: "no-store" });
    await reply.text(); // nothing, but a reply left unread counts as aborted
    return reply.ok;
  } catch {
    return false;
  }
}

async function fetchText(url: string): Promise<string | undefined> {
  try {
    const reply = await fetch(url, { cache: "no-cache" });
    return reply.ok ? await reply.text() : undefined;
  } catch {
    return undefined;
  }
}
