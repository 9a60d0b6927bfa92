// SPDX-License-Identifier: LGPL-2.1-or-later
// All channels, and a form for a new one.

import { useState } from "preact/hooks";

import { usePreset } from "./adder";
import { createChannel } from "./channel-data";
import { guard } from "./data";
import type { Channel } from "./model";
import { nameOfOnAir } from "./on-air";
import { Button, Choice, Empty, Field, Mark } from "./parts";
import { linkTo } from "./route";
import { useStore } from "./store";
import { channelState, titleOfItem } from "./words";

function NewChannel({ onDone }: { onDone: () => void }) {
  const [name, setName] = useState("");
  const [filler, setFiller] = useState("");
  const [preset, setPreset, presets] = usePreset("channel");
  const [busy, setBusy] = useState(false);
  return (
    <form
      class="panel inline-form"
      aria-label="New channel"
      onSubmit={(event) => {
        event.preventDefault();
        setBusy(true);
        void guard(async () => {
          const order = { name: name.trim(), preset };
          const uri = filler.trim();
          const channel = await createChannel(uri ? { ...order, filler: uri } : order);
          onDone();
          location.hash = linkTo("channels", channel.id);
        }).then(() => setBusy(false));
      }}
    >
      <Field label="Name" value={name} onInput={setName} required />
      <Field label="Filler, when nothing is in the queue" value={filler}
        onInput={setFiller} placeholder="address of a clip or picture" />
      <Choice label="Preset" value={preset} onChange={setPreset}
        options={presets} />
      <button type="submit" class="main" disabled={busy}>Create</button>
    </form>
  );
}

/** As the marks have it: on air is red. */
export function toneState(channel: Channel): string {
  return channel.state === "running" ? "on-air" : channel.state;
}

function Row({ channel }: { channel: Channel }) {
  return (
    <li class="channel-row" data-id={channel.id}>
      <Mark state={toneState(channel)}>{channelState(channel)}</Mark>
      <h2 class="title" dir="auto">
        <a href={linkTo("channels", channel.id)}>{channel.name}</a>
      </h2>
      <p class="title" dir="auto">{nameOfOnAir(channel.on_air) || "–"}</p>
      <p class="quiet title" dir="auto">
        {channel.next ? `Next: ${titleOfItem(channel.next)}` : "Nothing next"}
        {channel.queue_length > 1 ? ` and ${channel.queue_length - 1} more` : ""}
      </p>
      {channel.error && <p class="reason">{channel.error.message}</p>}
    </li>
  );
}

export function Channels() {
  const { channels } = useStore();
  const [adding, setAdding] = useState(false);
  const all = [...channels.items.values()];
  return (
    <>
      <div class="heading">
        <h1>Channels</h1>
        <Button icon="plus" onClick={() => setAdding(!adding)}>New channel</Button>
      </div>
      {adding && <NewChannel onDone={() => setAdding(false)} />}
      {channels.loaded && all.length === 0 && (
        <Empty title="No channel yet">
          A channel plays a queue of programmes without end; you change the
          queue while it is on air.
        </Empty>
      )}
      <ul class="channel-list" aria-label="Channels">
        {all.map((channel) => <Row key={channel.id} channel={channel} />)}
      </ul>
    </>
  );
}
