// SPDX-License-Identifier: LGPL-2.1-or-later
// The page without players: where the manifests are, and what the job does.
"use strict";

const state = document.getElementById("state");
const events = new EventSource("/events");

function show(job) {
  const parts = [job.state, job.message].filter(Boolean);
  if (typeof job.progress === "number")
    parts.splice(1, 0, `${Math.round(job.progress * 100)} %`);
  state.textContent = parts.join(", ") || "none";
  for (const kind of ["hls", "dash"]) {
    const link = document.getElementById(kind);
    link.parentElement.hidden = job[kind] === null;
    if (job[kind]) {
      link.href = `/media/${job[kind]}`;
      link.textContent = link.pathname;
    }
  }
}

events.addEventListener("job", (event) => show(JSON.parse(event.data)));
