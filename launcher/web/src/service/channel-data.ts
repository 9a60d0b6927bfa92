// SPDX-License-Identifier: LGPL-2.1-or-later
// What can be asked of channels and their queues.

import { ask } from "./api";
import { guard, readChannel, readChannels } from "./data";
import type { Channel, Item, Queue } from "./model";
import { store } from "./store";

const path = (id: string, rest = "") =>
  `/v1/channels/${encodeURIComponent(id)}${rest}`;

export interface NewChannel {
  name: string;
  preset: string;
  filler?: string;
}

export async function createChannel(order: NewChannel): Promise<Channel> {
  const channel = await ask<Channel>("POST", "/v1/channels", order);
  await readChannels();
  return channel;
}

export function deleteChannel(id: string): Promise<boolean> {
  return guard(async () => {
    await ask("DELETE", path(id));
    store.channels.items.delete(id);
    store.touch();
  });
}

export function doWithChannel(
  id: string,
  verb: "start" | "stop" | "skip",
): Promise<boolean> {
  return guard(async () => {
    await ask("POST", path(id, `/${verb}`));
    await readChannel(id);
  });
}

export const readQueue = (id: string) => ask<Queue>("GET", path(id, "/queue"));

export function addItem(id: string, item: Item): Promise<boolean> {
  return guard(() => ask("POST", path(id, "/queue"), item));
}

export function moveItem(id: string, item: string, index: number): Promise<boolean> {
  return guard(() =>
    ask("PATCH", path(id, `/queue/${encodeURIComponent(item)}`), { index }),
  );
}

export function removeItem(id: string, item: string): Promise<boolean> {
  return guard(() =>
    ask("DELETE", path(id, `/queue/${encodeURIComponent(item)}`)),
  );
}

export interface Interrupt {
  type: "interrupt";
  item: Item;
  cut: "frame" | "item-end";
  resume: "resume" | "restart" | "skip" | "join";
}

export type ChannelCommand = Interrupt | { type: "slate" } | { type: "return" };

export function command(id: string, event: ChannelCommand): Promise<boolean> {
  return guard(() => ask("POST", path(id, "/events"), event));
}
