// SPDX-License-Identifier: LGPL-2.1-or-later
// The library: what can be played, what is being prepared, what is on its way.

import { useState } from "preact/hooks";

import { Adder } from "./adder";
import { Card } from "./card";
import { deleteAsset, guard, readAssets } from "./data";
import { Question } from "./dialog";
import type { Asset } from "./model";
import { Button, Empty } from "./parts";
import { useStore } from "./store";
import { UploadList } from "./upload-list";
import { titleOfAsset } from "./words";

export function Library() {
  const store = useStore();
  const [doomed, setDoomed] = useState<Asset | undefined>();
  const { items, cursor, loaded } = store.assets;
  const assets = [...items.values()];
  return (
    <>
      <h1>Library</h1>
      <Adder />
      <UploadList />
      {loaded && assets.length === 0 && (
        <Empty title="Nothing is here yet">
          Upload a film, or give the address of one. It is prepared for phones,
          browsers and TVs, and then plays from here.
        </Empty>
      )}
      <ul class="cards" aria-label="Films">
        {assets.map((asset) => (
          <Card
            key={asset.id}
            asset={asset}
            job={store.jobs.items.get(asset.job_id)}
            onDelete={() => setDoomed(asset)}
          />
        ))}
      </ul>
      {cursor && (
        <div class="buttons more">
          <Button onClick={() => void guard(() => readAssets(true))}>
            Show more
          </Button>
        </div>
      )}
      {doomed && (
        <Question
          title={`Delete “${titleOfAsset(doomed)}”?`}
          text="It goes with all that was prepared of it. This cannot be undone."
          verb="Delete"
          onYes={() => void deleteAsset(doomed.id, doomed.job_id)}
          onClose={() => setDoomed(undefined)}
        />
      )}
    </>
  );
}
