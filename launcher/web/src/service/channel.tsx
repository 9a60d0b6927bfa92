// SPDX-License-Identifier: LGPL-2.1-or-later
// One channel: what is on, what is next, and what can be done about it.

import { useEffect, useState } from "preact/hooks";

import { inWords } from "./api";
import { command, deleteChannel, doWithChannel } from "./channel-data";
import { toneState } from "./channels";
import { readChannel } from "./data";
import { Question } from "./dialog";
import { InterruptDialog } from "./interrupt";
import type { Channel } from "./model";
import { OnAirView } from "./on-air";
import { Button, Empty, Mark } from "./parts";
import { usePlayable } from "./playable";
import { QueueView } from "./queue";
import { linkTo } from "./route";
import { Stage } from "./stage";
import { useStore } from "./store";
import { channelState } from "./words";

const STOPPED = ["idle", "failed"];

function Controls({ channel, onInterrupt, onDelete }: {
  channel: Channel;
  onInterrupt: () => void;
  onDelete: () => void;
}) {
  const { id, state } = channel;
  const stopped = STOPPED.includes(state);
  const running = state === "running";
  return (
    <div class="buttons">
      {stopped
        ? <Button tone="main" icon="play"
            onClick={() => void doWithChannel(id, "start")}>Start</Button>
        : <Button disabled={state === "stopping"}
            onClick={() => void doWithChannel(id, "stop")}>Stop</Button>}
      <Button icon="cut" disabled={!running} onClick={onInterrupt}>Interrupt</Button>
      {channel.on_air?.kind === "interrupt" && (
        <Button onClick={() => void command(id, { type: "return" })}>Return</Button>
      )}
      <Button disabled={!running} onClick={() => void doWithChannel(id, "skip")}>
        Skip
      </Button>
      {stopped && (
        <Button tone="bad" icon="trash" onClick={onDelete}>Delete</Button>
      )}
    </div>
  );
}

function useChannel(id: string): { channel: Channel | undefined; wrong: string } {
  const store = useStore();
  const [wrong, setWrong] = useState("");
  useEffect(() => {
    readChannel(id).catch((error: unknown) => setWrong(inWords(error)));
  }, [id]);
  return { channel: store.channels.items.get(id), wrong };
}

export function ChannelView({ id }: { id: string }) {
  const { channel, wrong } = useChannel(id);
  const [interrupting, interrupt] = useState(false);
  const [asking, ask] = useState(false);
  const running = channel?.state === "running" || channel?.state === "recovering";
  const url = running ? channel?.play_url ?? undefined : undefined;
  const playable = usePlayable(url, channel?.state);
  if (!channel)
    return wrong ? <Empty title="This is not there">{wrong}</Empty> : null;
  return (
    <>
      <div class="heading">
        <h1 dir="auto">{channel.name}</h1>
        <Mark state={toneState(channel)}>{channelState(channel)}</Mark>
      </div>
      <div class="channel">
        <div class="channel-left">
          {playable.urls.size > 0
            ? <Stage urls={playable.urls} title={channel.name} poster={undefined} />
            : <Empty title={running ? "Nothing is published yet" : channelState(channel)}>
                {running
                  ? "The first seconds are being made."
                  : "Start the channel, and it plays here."}
              </Empty>}
        </div>
        <div class="channel-right">
          <section class="panel" aria-label="Programme">
            <OnAirView channel={channel} />
            {channel.error && <p class="reason">{channel.error.message}</p>}
            <Controls channel={channel} onInterrupt={() => interrupt(true)}
              onDelete={() => ask(true)} />
          </section>
          <QueueView channel={channel} />
        </div>
      </div>
      {interrupting && (
        <InterruptDialog channel={id} onClose={() => interrupt(false)} />
      )}
      {asking && (
        <Question
          title={`Delete “${channel.name}”?`}
          text="Its queue goes with it. This cannot be undone."
          verb="Delete"
          onYes={() => void deleteChannel(id).then((done) => {
            if (done) location.hash = linkTo("channels");
          })}
          onClose={() => ask(false)}
        />
      )}
    </>
  );
}
