// SPDX-License-Identifier: LGPL-2.1-or-later
// What a channel plays next: dragged into order, or moved by the buttons.

import { useEffect, useState } from "preact/hooks";

import * as format from "../format";
import { Problem } from "./api";
import { addItem, moveItem, readQueue, removeItem } from "./channel-data";
import { guard } from "./data";
import { AddItem } from "./item-form";
import { listenToChannels } from "./live";
import type { Channel, Item, Queue } from "./model";
import { Button, Icon } from "./parts";
import { store } from "./store";
import { titleOfItem } from "./words";

const EMPTY: Queue = { items: [], on_air: null };

/** A channel that is being set up does not know its queue yet; when it does,
 * its state changes, and that is told. */
const UNKNOWING = ["starting", "recovering"];

/** The queue as the service has it, read again whenever the channel says that
 * something has changed. */
function useQueue(id: string): [Queue | undefined, (q: Queue) => void, () => Promise<void>] {
  const [queue, setQueue] = useState<Queue>();
  const read = async () => {
    await guard(async () => {
      const queue = await readQueue(id).catch((error: unknown) => {
        if (error instanceof Problem && error.status === 503) return undefined;
        throw error;
      });
      if (queue) setQueue(queue);
    });
  };
  useEffect(() => {
    void read();
    return listenToChannels((changed) => {
      const state = store.channels.items.get(id)?.state ?? "";
      if (changed === id && !UNKNOWING.includes(state)) void read();
    });
  }, [id]);
  return [queue, setQueue, read];
}

export function reorder<T>(items: T[], from: number, to: number): T[] {
  const next = [...items];
  next.splice(to, 0, ...next.splice(from, 1));
  return next;
}

function facts(item: Item): string {
  const { duration } = item;
  return [
    typeof duration === "number" ? format.clock(duration) : duration ?? "",
    item.loop ? "repeats" : "",
    item.at ? `at ${new Date(item.at).toLocaleString("en")}` : "",
  ].filter(Boolean).join(" · ");
}

interface EntryProps {
  item: Item;
  index: number;
  count: number;
  held: number | undefined;
  onHold: (index: number | undefined) => void;
  onMove: (from: number, to: number) => void;
  onRemove: () => void;
}

function Entry({ item, index, count, held, onHold, onMove, onRemove }: EntryProps) {
  const [over, setOver] = useState(false);
  const title = titleOfItem(item);
  const edge = !over || held === undefined || held === index
    ? "" : held > index ? "before" : "after";
  return (
    <li
      class="entry"
      data-id={item.id}
      data-held={held === index}
      data-edge={edge}
      draggable
      onDragStart={(event) => {
        event.dataTransfer?.setData("text/plain", title);
        if (event.dataTransfer) event.dataTransfer.effectAllowed = "move";
        onHold(index);
      }}
      onDragEnd={() => onHold(undefined)}
      onDragOver={(event) => {
        if (held === undefined) return;
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={() => setOver(false)}
      onDrop={(event) => {
        event.preventDefault();
        setOver(false);
        if (held !== undefined && held !== index) onMove(held, index);
        onHold(undefined);
      }}
    >
      <span class="grip"><Icon name="grip" /></span>
      <span class="place" aria-hidden="true">{index + 1}</span>
      <span class="entry-text">
        <span class="title" dir="auto" title={item.uri ?? title}>{title}</span>
        <span class="quiet">{facts(item)}</span>
      </span>
      <span class="buttons">
        <Button tone="bare" icon="up" label={`Move ${title} up`}
          disabled={index === 0} onClick={() => onMove(index, index - 1)} />
        <Button tone="bare" icon="down" label={`Move ${title} down`}
          disabled={index === count - 1} onClick={() => onMove(index, index + 1)} />
        <Button tone="bare" icon="close" label={`Remove ${title}`}
          onClick={onRemove} />
      </span>
    </li>
  );
}

export function QueueView({ channel }: { channel: Channel }) {
  const { id } = channel;
  const [read, setQueue, again] = useQueue(id);
  const [held, hold] = useState<number>();
  const queue = read ?? EMPTY;
  // The first one of the service's list is the one on air, while it is.
  const current = (channel.on_air ?? queue.on_air)?.item?.id;
  const first = current !== undefined && queue.items[0]?.id === current ? 1 : 0;
  const waiting = queue.items.slice(first);

  const move = (from: number, to: number) => {
    const item = waiting[from];
    if (!item?.id) return;
    setQueue({ ...queue, items: reorder(queue.items, from + first, to + first) });
    store.say(`${titleOfItem(item)} is now number ${to + 1} of ${waiting.length}.`);
    void moveItem(id, item.id, to + first).then(again);
  };
  return (
    <section class="panel queue" aria-labelledby="queue-title">
      <h2 id="queue-title">Queue</h2>
      {read && waiting.length === 0 && (
        <p class="quiet">
          Nothing waits. When the queue is empty, the channel shows its filler
          or a slate.
        </p>
      )}
      <ol class="entries" aria-labelledby="queue-title">
        {waiting.map((item, index) => (
          <Entry key={item.id} item={item} index={index} count={waiting.length}
            held={held} onHold={hold} onMove={move}
            onRemove={() => item.id && void removeItem(id, item.id).then(again)} />
        ))}
      </ol>
      <AddItem onAdd={async (item) => {
        const done = await addItem(id, item);
        await again();
        return done;
      }} />
    </section>
  );
}
