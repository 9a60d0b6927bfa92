// SPDX-License-Identifier: LGPL-2.1-or-later
// One job: its state, how far it is, what can be done with it, its log.

import { useState } from "preact/hooks";

import * as format from "../format";
import { deleteAsset, deleteJob, doWithJob } from "./data";
import { Question } from "./dialog";
import { JobLog } from "./job-log";
import type { Asset, Job } from "./model";
import { Bar, Button, Mark } from "./parts";
import { linkTo } from "./route";
import {
  hasEnded, jobState, nameOfInput, progressOf, titleOfAsset, when,
} from "./words";

const MOVING = ["assigned", "running", "publishing"];

interface RowProps {
  job: Job;
  asset: Asset | undefined;
  open: boolean;
}

function summary(job: Job): string {
  if (!hasEnded(job)) return progressOf(job);
  const took = job.started_at && job.finished_at
    ? (Date.parse(job.finished_at) - Date.parse(job.started_at)) / 1000
    : 0;
  return [
    job.output?.bytes ? format.bytes(job.output.bytes) : "",
    took >= 1 ? `took ${format.clock(took)}` : "",
    when(job.finished_at),
  ].filter(Boolean).join(" · ");
}

function Actions({ job, name }: { job: Job; name: string }) {
  const act = (verb: Parameters<typeof doWithJob>[1]) => () =>
    void doWithJob(job.id, verb);
  const live = job.type === "live";
  const playable = job.output && (job.state === "succeeded" || live);
  return (
    <>
      {playable && (
        <a class="button" href={linkTo("watch", job.asset_id ?? job.id)}
          aria-label={`Watch ${name}`}>Watch</a>
      )}
      {live && job.state === "streaming" && (
        <Button label={`Pause ${name}`} onClick={act("pause")}>Pause</Button>
      )}
      {job.state === "paused" && (
        <Button label={`Resume ${name}`} onClick={act("resume")}>Resume</Button>
      )}
      {live && ["streaming", "paused", "recovering"].includes(job.state) && (
        <Button label={`Stop ${name}`} onClick={act("stop")}>Stop</Button>
      )}
      {!hasEnded(job) && (
        <Button label={`Cancel ${name}`} onClick={act("cancel")}>Cancel</Button>
      )}
      {["failed", "canceled", "stopped"].includes(job.state) && (
        <Button label={`Retry ${name}`} onClick={act("retry")}>Retry</Button>
      )}
    </>
  );
}

export function JobRow({ job, asset, open }: RowProps) {
  const [log, showLog] = useState(open);
  const [asking, ask] = useState(false);
  const name = asset ? titleOfAsset(asset) : nameOfInput(job.input) || job.id;
  return (
    <li class="job" data-id={job.id} data-state={job.state}>
      <div class="job-head">
        <Mark state={job.state}>{jobState(job)}</Mark>
        <div class="job-name">
          <span class="title" dir="auto" title={job.input.url ?? name}>{name}</span>
          <span class="quiet">
            {[job.preset, job.attempts > 1 ? `attempt ${job.attempts}` : "",
              hasEnded(job) ? "" : when(job.created_at)]
              .filter(Boolean).join(" · ")}
          </span>
        </div>
        <span class="figures">{summary(job)}</span>
        <span class="buttons">
          <Actions job={job} name={name} />
          <button type="button" class="bare" aria-expanded={log}
            aria-label={`Log of ${name}`} onClick={() => showLog(!log)}>Log</button>
          {hasEnded(job) && (
            <Button tone="bare" icon="trash" label={`Delete ${name}`}
              onClick={() => ask(true)} />
          )}
        </span>
      </div>
      {MOVING.includes(job.state) && job.type === "vod" && (
        <Bar value={job.progress} label={`${name}: prepared so far`} />
      )}
      {job.error && <p class="reason">{job.error.message}</p>}
      {log && <JobLog job={job} />}
      {asking && (
        <Question
          title={job.asset_id ? `Delete “${name}”?` : `Delete the job of “${name}”?`}
          text={job.asset_id
            ? "The film goes from the library with its job. This cannot be undone."
            : "What it has made goes with it. This cannot be undone."}
          verb="Delete"
          onYes={() => void (job.asset_id
            ? deleteAsset(job.asset_id, job.id)
            : deleteJob(job.id))}
          onClose={() => ask(false)}
        />
      )}
    </li>
  );
}
