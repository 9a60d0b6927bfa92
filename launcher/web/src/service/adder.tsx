// SPDX-License-Identifier: LGPL-2.1-or-later
// Where films come in: dropped anywhere on the page, chosen, or by address.

import { useEffect, useRef, useState } from "preact/hooks";

import { createAsset, guard } from "./data";
import { Button, Choice, Field, Icon } from "./parts";
import { store, useStore } from "./store";
import { uploads } from "./uploads";
import { titleOfAsset } from "./words";

const ACCEPTED =
  "video/*,audio/*,.mkv,.ts,.m2ts,.mts,.mxf,.mov,.avi,.flv,.webm,.wmv,.mpg";

function carriesFiles(event: DragEvent): boolean {
  return event.dataTransfer?.types.includes("Files") ?? false;
}

/** TRUE while files are held over the page. */
function useDrop(onFiles: (files: FileList) => void): boolean {
  const [over, setOver] = useState(false);
  const latest = useRef(onFiles);
  latest.current = onFiles;
  useEffect(() => {
    let depth = 0; // of the elements that the pointer is in
    const move = (event: DragEvent, step: number) => {
      if (!carriesFiles(event)) return;
      event.preventDefault();
      depth = Math.max(0, depth + step);
      setOver(depth > 0);
    };
    const handlers: Record<string, (event: DragEvent) => void> = {
      dragenter: (event) => move(event, 1),
      dragleave: (event) => move(event, -1),
      dragover: (event) => move(event, 0),
      drop: (event) => {
        const files = event.dataTransfer?.files;
        move(event, -depth);
        if (files && files.length > 0) latest.current(files);
      },
    };
    const all = Object.entries(handlers) as [string, EventListener][];
    all.forEach(([name, handle]) => window.addEventListener(name, handle));
    return () =>
      all.forEach(([name, handle]) => window.removeEventListener(name, handle));
  }, []);
  return over;
}

/** The preset to take, @usual until another one is chosen, and all there are. */
export function usePreset(
  usual: string,
): [string, (preset: string) => void, [string, string][]] {
  const { presets } = useStore();
  const [chosen, choose] = useState(usual);
  const names = presets.length > 0 ? presets : [usual];
  const preset = names.includes(chosen) ? chosen : names[0] ?? usual;
  return [preset, choose, names.map((name) => [name, name])];
}

function AddressForm({ preset, onDone }: { preset: string; onDone: () => void }) {
  const [url, setUrl] = useState("");
  const [busy, setBusy] = useState(false);
  return (
    <form
      class="inline-form"
      onSubmit={(event) => {
        event.preventDefault();
        setBusy(true);
        void guard(async () => {
          const asset = await createAsset({ input: { url: url.trim() }, preset });
          store.say(`${titleOfAsset(asset)} was added.`);
          setUrl("");
          onDone();
        }).then(() => setBusy(false));
      }}
    >
      <Field label="Address of a film" value={url} onInput={setUrl} required
        placeholder="https://example.org/film.mp4" />
      <button type="submit" class="main" disabled={busy}>Add</button>
    </form>
  );
}

export function Adder() {
  const [preset, setPreset, presets] = usePreset("vod");
  const [byAddress, setByAddress] = useState(false);
  const input = useRef<HTMLInputElement>(null);
  const over = useDrop((files) => uploads.add(files, preset));
  return (
    <section class="adder" data-over={over} aria-label="Add films">
      <div class="adder-row">
        <Icon name="upload" />
        <p class="adder-text">
          <strong>
            <span class="adder-long">
              {over ? "Let go to upload" : "Drop films anywhere here"}
            </span>
            <span class="adder-short">Upload films</span>
          </strong>
          <span class="quiet">Several at once. What breaks off goes on.</span>
        </p>
        <Choice label="Preset" value={preset} onChange={setPreset}
          options={presets} />
        <div class="buttons">
          <Button tone="main" name="choose" onClick={() => input.current?.click()}>
            Choose files
          </Button>
          <Button name="by-address" onClick={() => setByAddress(!byAddress)}>
            By address
          </Button>
        </div>
        <input
          ref={input}
          class="unseen"
          type="file"
          multiple
          accept={ACCEPTED}
          tabIndex={-1}
          aria-hidden="true"
          onChange={(event) => {
            uploads.add([...(event.currentTarget.files ?? [])], preset);
            event.currentTarget.value = "";
          }}
        />
      </div>
      {byAddress && (
        <AddressForm preset={preset} onDone={() => setByAddress(false)} />
      )}
    </section>
  );
}
