// SPDX-License-Identifier: LGPL-2.1-or-later
// The video element and the player in it: start, change, mend, stop.

import { createPlayer, Trouble, type Player } from "./player";
import type { Kind, Quality } from "./types";

declare global {
  interface Window {
    /** For tests, and for whoever wants to look. */
    vstream?: {
      theatre: Theatre;
      video: HTMLVideoElement;
      [more: string]: unknown;
    };
  }
}

/** After something that did not arrive: tried again so many times, later each
 * time, then the person decides. */
const RETRIES = 5;
const RETRY_MS = 1000;

export class Theatre {
  kind: Kind | undefined;
  player: Player | undefined;
  chosen: string | undefined;
  error: string | undefined;
  readonly events: string[] = [];

  private turn = 0;
  private retries = 0;
  private timer: number | undefined;

  constructor(
    readonly video: HTMLVideoElement,
    private readonly urls: () => Map<Kind, string>,
    private readonly onChange: () => void,
  ) {
    for (const name of ["playing", "waiting", "seeked", "ended", "volumechange", "resize"])
      video.addEventListener(name, () => {
        this.log(name);
        if (name === "playing") {
          this.retries = 0;
          this.error = undefined;
        }
        this.onChange();
      });
  }

  get qualities(): Quality[] {
    return this.player?.qualities() ?? [];
  }

  /** Plays from the start, or, of the same programme, from where it was. */
  async play(kind: Kind, from?: number): Promise<void> {
    const url = this.urls().get(kind);
    if (!url) return;
    const turn = ++this.turn;
    this.kind = kind;
    window.clearTimeout(this.timer);
    this.log(`load ${kind}`);
    await this.stop();
    if (turn !== this.turn) return;
    this.onChange();
    try {
      const player = await createPlayer(kind, this.video, url, {
        onChange: () => this.onChange(),
        onError: (trouble) => this.fail(turn, trouble),
      });
      if (turn !== this.turn) return void player.destroy();
      this.player = player;
      this.seekOnce(from);
      await this.start();
    } catch (error) {
      this.fail(
        turn,
        error instanceof Trouble ? error : new Trouble(String(error), false),
      );
    }
    this.onChange();
  }

  /** The curtain falls: nothing plays, nothing is tried again. */
  async close(): Promise<void> {
    this.turn += 1;
    this.kind = undefined;
    window.clearTimeout(this.timer);
    await this.stop();
  }

  select(id: string | undefined): void {
    this.chosen = id;
    this.player?.select(id);
    this.log(`quality ${id ?? "auto"}`);
    this.onChange();
  }

  /** A live programme is joined where it is; others are gone on with. */
  get position(): number | undefined {
    const { video } = this;
    return Number.isFinite(video.duration) && video.currentTime > 0
      ? video.currentTime
      : undefined;
  }

  private async stop(): Promise<void> {
    const { player } = this;
    this.player = undefined;
    this.chosen = undefined;
    await player?.destroy();
  }

  private seekOnce(from: number | undefined): void {
    if (from === undefined) return;
    const seek = () => {
      if (from < this.video.duration) this.video.currentTime = from;
    };
    if (this.video.readyState > 0) seek();
    else this.video.addEventListener("loadedmetadata", seek, { once: true });
  }

  /** Browsers may allow playing by itself only without sound. */
  private async start(): Promise<void> {
    try {
      await this.video.play();
    } catch (error) {
      if (!(error instanceof DOMException)) throw error;
      if (error.name !== "NotAllowedError") return;
      this.video.muted = true;
      await this.video.play().catch(() => undefined);
    }
  }

  private fail(turn: number, trouble: Trouble): void {
    if (turn !== this.turn) return;
    const { kind } = this;
    const from = this.position;
    this.log(`error ${trouble.message}`);
    this.error = trouble.message;
    if (kind && trouble.passing && this.retries < RETRIES) {
      const delay = RETRY_MS * 2 ** this.retries++;
      this.timer = window.setTimeout(() => void this.play(kind, from), delay);
    }
    this.onChange();
  }

  private log(event: string): void {
    this.events.push(event);
    if (this.events.length > 200) this.events.shift();
  }
}
