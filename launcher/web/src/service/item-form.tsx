// SPDX-License-Identifier: LGPL-2.1-or-later
// What a channel is to play: something of the library, or an address.

import { useState } from "preact/hooks";

import type { Asset, Item } from "./model";
import { Choice, Field } from "./parts";
import { useStore } from "./store";
import { titleOfAsset } from "./words";

/** The service knows where it is. */
function toItem(asset: Asset): Item {
  return { uri: `asset:${asset.id}`, title: titleOfAsset(asset) };
}

export interface Source {
  asset: string;
  uri: string;
  title: string;
}

export const NO_SOURCE: Source = { asset: "", uri: "", title: "" };

interface SourceProps {
  source: Source;
  onChange: (source: Source) => void;
}

/** undefined: there is nothing to play in @source yet. */
export function itemOf(source: Source, assets: Map<string, Asset>): Item | undefined {
  const asset = assets.get(source.asset);
  const title = source.title.trim();
  const item: Item | undefined = asset
    ? toItem(asset)
    : source.uri.trim() ? { uri: source.uri.trim() } : undefined;
  return item && title ? { ...item, title } : item;
}

export function SourceFields({ source, onChange }: SourceProps) {
  const { assets } = useStore();
  const ready = [...assets.items.values()].filter((a) => a.state === "ready");
  return (
    <>
      {ready.length > 0 && (
        <Choice label="From the library" value={source.asset}
          options={[["", "An address"],
            ...ready.map((a): [string, string] => [a.id, titleOfAsset(a)])]}
          onChange={(asset) => onChange({ ...source, asset })} />
      )}
      {source.asset === "" && (
        <Field label="Address" value={source.uri} required
          placeholder="https://example.org/show.mp4"
          onInput={(uri) => onChange({ ...source, uri })} />
      )}
      <Field label="Title" value={source.title} placeholder="as it is named"
        onInput={(title) => onChange({ ...source, title })} />
    </>
  );
}

export function AddItem({ onAdd }: { onAdd: (item: Item) => Promise<boolean> }) {
  const { assets } = useStore();
  const [source, setSource] = useState(NO_SOURCE);
  const [loop, setLoop] = useState(false);
  return (
    <form
      class="item-form"
      aria-label="Add to the queue"
      onSubmit={(event) => {
        event.preventDefault();
        const item = itemOf(source, assets.items);
        if (!item) return;
        void onAdd(loop ? { ...item, loop } : item).then((done) => {
          if (done) setSource({ ...NO_SOURCE, asset: source.asset });
        });
      }}
    >
      <SourceFields source={source} onChange={setSource} />
      <label class="check">
        <input type="checkbox" checked={loop}
          onChange={(event) => setLoop(event.currentTarget.checked)} />
        <span>Repeat it</span>
      </label>
      <button type="submit">Add to the queue</button>
    </form>
  );
}
