// SPDX-License-Identifier: LGPL-2.1-or-later
// Puts something on air before everything else, and says how to come back.

import { useState } from "preact/hooks";

import { command, type Interrupt } from "./channel-data";
import { Dialog } from "./dialog";
import { itemOf, NO_SOURCE, SourceFields } from "./item-form";
import { Choice } from "./parts";
import { store, useStore } from "./store";
import { titleOfItem } from "./words";

const CUTS: [Interrupt["cut"], string][] = [
  ["frame", "Now, on the next frame"],
  ["item-end", "When this item has ended"],
];
const WAYS_BACK: [Interrupt["resume"], string][] = [
  ["resume", "Goes on where it was cut"],
  ["restart", "Begins again"],
  ["skip", "Is dropped; the next one plays"],
  ["join", "Is where it would be by then"],
];

export function InterruptDialog({ channel, onClose }: {
  channel: string;
  onClose: () => void;
}) {
  const { assets } = useStore();
  const [source, setSource] = useState(NO_SOURCE);
  const [cut, setCut] = useState<Interrupt["cut"]>("frame");
  const [resume, setResume] = useState<Interrupt["resume"]>("resume");
  return (
    <Dialog title="Interrupt the programme" onClose={onClose}>
      <form
        class="item-form"
        onSubmit={(event) => {
          event.preventDefault();
          const item = itemOf(source, assets.items);
          if (!item) return;
          const event_ = { type: "interrupt" as const, item, cut, resume };
          void command(channel, event_).then((done) => {
            if (!done) return;
            store.toast(`“${titleOfItem(item)}” interrupts the programme.`);
            onClose();
          });
        }}
      >
        <SourceFields source={source} onChange={setSource} />
        <Choice label="It cuts in" value={cut} options={CUTS}
          onChange={(value) => setCut(value as Interrupt["cut"])} />
        <Choice label="What is cut" value={resume} options={WAYS_BACK}
          onChange={(value) => setResume(value as Interrupt["resume"])} />
        <div class="buttons end">
          <button type="button" onClick={onClose}>Cancel</button>
          <button type="submit" class="live">Put it on air</button>
        </div>
      </form>
    </Dialog>
  );
}
