// SPDX-License-Identifier: LGPL-2.1-or-later
// What a channel shows, how far it is, and what comes then.

import { useEffect } from "preact/hooks";

import * as format from "../format";
import type { Channel, OnAir } from "./model";
import { Bar } from "./parts";
import { useRedraw } from "./store";
import { titleOfItem } from "./words";

const KINDS: Record<OnAir["kind"], string> = {
  item: "",
  filler: "Filler",
  slate: "Slate",
  interrupt: "Interrupt",
};

/** The service says a position when something begins; it moves on by itself. */
const heard = new WeakMap<OnAir, number>();

function positionOf(onAir: OnAir): number | undefined {
  if (onAir.position === undefined) return undefined;
  const since = heard.get(onAir) ?? Date.now();
  heard.set(onAir, since);
  const position = onAir.position + (Date.now() - since) / 1000;
  return onAir.duration ? Math.min(position, onAir.duration) : position;
}

export function nameOfOnAir(onAir: OnAir | null): string {
  if (!onAir) return "";
  const kind = KINDS[onAir.kind] ?? "";
  const title = titleOfItem(onAir.item);
  return kind && title ? `${kind}: ${title}` : kind || title;
}

export function OnAirView({ channel }: { channel: Channel }) {
  const tick = useRedraw();
  useEffect(() => {
    const timer = window.setInterval(tick, 1000);
    return () => window.clearInterval(timer);
  }, []);
  const { on_air: onAir, next } = channel;
  const position = onAir ? positionOf(onAir) : undefined;
  const duration = onAir?.duration ?? undefined;
  const name = nameOfOnAir(onAir);
  return (
    <dl class="now-next">
      <div class="now">
        <dt>On air</dt>
        <dd aria-live="polite" class="title" dir="auto">
          {name || "Nothing"}
        </dd>
        {position !== undefined && (
          <dd class="figures">
            {format.clock(position)}
            {duration ? ` of ${format.clock(duration)}` : ""}
          </dd>
        )}
        {position !== undefined && duration ? (
          <dd><Bar value={position / duration} label="Of the item on air" /></dd>
        ) : null}
      </div>
      <div class="next">
        <dt>Next</dt>
        <dd class="title" dir="auto">{titleOfItem(next) || "Nothing in the queue"}</dd>
      </div>
    </dl>
  );
}
