// SPDX-License-Identifier: LGPL-2.1-or-later
// The jobs: what runs, what waits, what became of the others.

import { useState } from "preact/hooks";

import { usePreset } from "./adder";
import { createJob, guard, readJobs } from "./data";
import { JobRow } from "./job-row";
import type { Job } from "./model";
import { Button, Choice, Empty, Field } from "./parts";
import { linkTo } from "./route";
import { useStore } from "./store";
import { hasEnded } from "./words";

const FILTERS: Record<string, [string, (job: Job) => boolean]> = {
  all: ["All", () => true],
  active: ["At work", (job) => !hasEnded(job)],
  failed: ["Failed", (job) => job.state === "failed"],
};

function NewJob({ onDone }: { onDone: () => void }) {
  const [url, setUrl] = useState("");
  const [preset, setPreset, presets] = usePreset("live");
  const [busy, setBusy] = useState(false);
  return (
    <form
      class="panel inline-form"
      aria-label="New job"
      onSubmit={(event) => {
        event.preventDefault();
        setBusy(true);
        void guard(async () => {
          await createJob({ input: { url: url.trim() }, preset });
          onDone();
        }).then(() => setBusy(false));
      }}
    >
      <Field label="Address of the input" value={url} onInput={setUrl} required
        placeholder="srt://studio.example:9000" />
      <Choice label="Preset" value={preset} onChange={setPreset}
        options={presets} />
      <button type="submit" class="main" disabled={busy}>Start</button>
    </form>
  );
}

export function Jobs({ selected }: { selected: string }) {
  const store = useStore();
  const [filter, setFilter] = useState("all");
  const [adding, setAdding] = useState(false);
  const { items, cursor, loaded } = store.jobs;
  const chosen = FILTERS[selected ? "all" : filter]?.[1] ?? (() => true);
  const jobs = [...items.values()].filter(chosen);
  return (
    <>
      <div class="heading">
        <h1>Jobs</h1>
        <fieldset class="switch">
          <legend class="unseen">Which jobs</legend>
          {Object.entries(FILTERS).map(([id, [name]]) => (
            <label key={id}>
              <input type="radio" name="filter" value={id} checked={filter === id}
                onChange={() => {
                  setFilter(id);
                  if (selected) location.hash = linkTo("jobs");
                }} />
              <span>{name}</span>
            </label>
          ))}
        </fieldset>
        <Button icon="plus" onClick={() => setAdding(!adding)}>New job</Button>
      </div>
      {adding && <NewJob onDone={() => setAdding(false)} />}
      {loaded && jobs.length === 0 && (
        <Empty title={filter === "failed" ? "Nothing has failed"
          : filter === "active" ? "Nothing is at work" : "No job yet"}>
          {filter === "all"
            ? "Each film that is added to the library is prepared by a job."
            : "Other jobs are under “All”."}
        </Empty>
      )}
      <ul class="jobs" aria-label="Jobs">
        {jobs.map((job) => (
          <JobRow key={job.id} job={job} open={job.id === selected}
            asset={job.asset_id ? store.assets.items.get(job.asset_id) : undefined} />
        ))}
      </ul>
      {cursor && (
        <div class="buttons more">
          <Button onClick={() => void guard(() => readJobs(true))}>Show more</Button>
        </div>
      )}
    </>
  );
}
