// SPDX-License-Identifier: LGPL-2.1-or-later
// One film of the library.

import { useState } from "preact/hooks";

import * as format from "../format";
import type { Asset, Job } from "./model";
import { Bar, Button, Icon, Mark } from "./parts";
import { linkTo } from "./route";
import { jobState, progressOf, titleOfAsset, when } from "./words";

/** The picture of a film; of one that has none, or not yet, a drawn one. */
export function Poster({ url }: { url: string | null | undefined }) {
  const [missing, setMissing] = useState<string>();
  if (!url || missing === url)
    return <span class="no-poster"><Icon name="film" /></span>;
  return (
    <img src={url} alt="" loading="lazy" decoding="async"
      onError={() => setMissing(url)} />
  );
}

function describe(asset: Asset, job: Job | undefined): string {
  const duration = asset.duration ?? job?.output?.duration;
  const bytes = asset.bytes ?? job?.output?.bytes;
  return [
    bytes ? format.bytes(bytes) : "",
    duration ? "" : asset.preset,
    when(asset.created_at),
  ].filter(Boolean).join(" · ");
}

function Preparing({ job, title }: { job: Job | undefined; title: string }) {
  return (
    <div class="preparing">
      <Mark state={job?.state === "queued" ? "queued" : "preparing"}>
        {job ? jobState(job) : "Preparing"}
      </Mark>
      {job?.state !== "queued" && (
        <Bar value={job?.progress} label={`${title}: prepared so far`} />
      )}
      <span class="figures">{job ? progressOf(job) : ""}</span>
    </div>
  );
}

interface CardProps {
  asset: Asset;
  job: Job | undefined;
  onDelete: () => void;
}

export function Card({ asset, job, onDelete }: CardProps) {
  const title = titleOfAsset(asset);
  const duration = asset.duration ?? job?.output?.duration;
  const live = job?.state === "streaming" || job?.state === "paused";
  const ready = asset.state === "ready" || live;
  const picture = (
    <>
      <Poster url={asset.poster_url} />
      {duration && ready && !live ? (
        <span class="length">{format.clock(duration)}</span>
      ) : null}
    </>
  );
  return (
    <li class="card" data-state={asset.state} data-id={asset.id}>
      {ready
        ? <a class="poster" href={linkTo("watch", asset.id)} tabIndex={-1}
            aria-hidden="true">{picture}
            <span class="play"><Icon name="play" /></span></a>
        : <div class="poster">{picture}</div>}
      <div class="card-text">
        <h2 class="title" dir="auto" title={title}>
          {ready ? <a href={linkTo("watch", asset.id)}>{title}</a> : title}
        </h2>
        {live && (
          <div class="preparing">
            <Mark state={job.state}>{jobState(job)}</Mark>
            <span class="figures">{progressOf(job)}</span>
          </div>
        )}
        {asset.state === "preparing" && !live && <Preparing job={job} title={title} />}
        {asset.state === "errored" && (
          <>
            <Mark state="failed">Failed</Mark>
            <p class="reason">{asset.error?.message ?? "No reason is known."}</p>
          </>
        )}
        <div class="card-foot">
          <span class="quiet">{describe(asset, job)}</span>
          {asset.state === "errored" && job && (
            <a href={linkTo("jobs", job.id)} aria-label={`Log of ${title}`}>Log</a>
          )}
          <Button tone="bare" icon="trash" label={`Delete ${title}`}
            onClick={onDelete} />
        </div>
      </div>
    </li>
  );
}
