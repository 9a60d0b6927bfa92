// SPDX-License-Identifier: LGPL-2.1-or-later
// One film, or a live job: the player, and what is known of it.

import { useEffect, useState } from "preact/hooks";

import * as format from "../format";
import { inWords } from "./api";
import { deleteAsset, readAsset, readJob } from "./data";
import { Question } from "./dialog";
import type { Asset, Job } from "./model";
import { Bar, Button, Empty, Facts, Mark } from "./parts";
import { usePlayable } from "./playable";
import { linkTo } from "./route";
import { Stage } from "./stage";
import { useStore } from "./store";
import { jobState, nameOfInput, progressOf, titleOfAsset, when } from "./words";

interface Shown {
  title: string;
  asset: Asset | undefined;
  job: Job | undefined;
  playUrl: string | undefined;
}

function describe({ asset, job }: Shown): [string, string][] {
  const duration = asset?.duration ?? job?.output?.duration;
  const bytes = asset?.bytes ?? job?.output?.bytes;
  const input = asset?.input ?? job?.input;
  return [
    ["Length", duration ? format.clock(duration) : ""],
    ["Size", bytes ? format.bytes(bytes) : ""],
    ["Preset", asset?.preset ?? job?.preset ?? ""],
    ["Added", when(asset?.created_at ?? job?.created_at ?? null)],
    ["From", input?.url ?? (input ? nameOfInput(input) : "")],
  ];
}

/** Reads what a link leads to that this page has not listed. */
function useShown(id: string): { shown: Shown | undefined; wrong: string } {
  const store = useStore();
  const [wrong, setWrong] = useState("");
  const asset = store.assets.items.get(id);
  const job = store.jobs.items.get(asset?.job_id ?? id);
  useEffect(() => {
    if (asset || job) return;
    const reading = id.startsWith("asset_") ? readAsset(id) : readJob(id);
    reading.catch((error: unknown) => setWrong(inWords(error)));
  }, [id]);
  if (!asset && !job) return { shown: undefined, wrong };
  // A live job plays before its asset is ready.
  const playUrl = asset?.play_url ?? job?.output?.play_url;
  const title = asset ? titleOfAsset(asset) : nameOfInput(job?.input ?? {});
  return {
    shown: { title: title || id, asset, job, playUrl: playUrl ?? undefined },
    wrong: "",
  };
}

function Unready({ asset, job }: Shown) {
  const error = asset?.error ?? job?.error;
  if (error) return <Empty title="This did not come out">{error.message}</Empty>;
  return (
    <div class="empty">
      <p class="empty-title">Being prepared</p>
      {job && (
        <>
          <p class="figures">{jobState(job)} {progressOf(job)}</p>
          <Bar value={job.progress} label="Prepared so far" />
        </>
      )}
      <p>It plays here as soon as it is whole.</p>
    </div>
  );
}

function Links({ urls }: { urls: Map<string, string> }) {
  return (
    <ul class="links" aria-label="Manifests">
      {[...urls].map(([kind, url]) => (
        <li key={kind}>
          <span class="quiet">{kind.toUpperCase()}</span>
          <a href={url}>{url}</a>
        </li>
      ))}
    </ul>
  );
}

export function Watch({ id }: { id: string }) {
  const { shown, wrong } = useShown(id);
  const [asking, ask] = useState(false);
  const playable = usePlayable(shown?.playUrl, shown?.job?.state);
  if (!shown)
    return wrong ? <Empty title="This is not there">{wrong}</Empty> : null;
  const { asset, job, title } = shown;
  return (
    <>
      <div class="heading">
        <h1 dir="auto">{title}</h1>
        {job && job.type === "live" && (
          <Mark state={job.state}>{jobState(job)}</Mark>
        )}
      </div>
      {shown.playUrl && !playable.missing
        ? <Stage urls={playable.urls} title={title}
            poster={asset?.poster_url ?? undefined} />
        : shown.playUrl
          ? <Empty title="Nothing to play yet">
              There is no manifest so far. A live job publishes its first one
              within seconds of its input.
            </Empty>
          : <Unready {...shown} />}
      <section class="panel details" aria-label="Details">
        <Facts name="facts" entries={describe(shown)} />
        <Links urls={playable.urls} />
        <div class="buttons">
          {job && <a class="button" href={linkTo("jobs", job.id)}>Its job</a>}
          {asset && (
            <Button tone="bad" icon="trash" onClick={() => ask(true)}>Delete</Button>
          )}
        </div>
      </section>
      {asking && asset && (
        <Question
          title={`Delete “${title}”?`}
          text="It goes with all that was prepared of it. This cannot be undone."
          verb="Delete"
          onYes={() => void deleteAsset(asset.id, asset.job_id).then((done) => {
            if (done) location.hash = linkTo("library");
          })}
          onClose={() => ask(false)}
        />
      )}
    </>
  );
}
