// SPDX-License-Identifier: LGPL-2.1-or-later
// What the workers of a job have said; read when it is opened, whenever the
// state of the job changes, and when a person asks.

import { useEffect, useState } from "preact/hooks";

import { askText, inWords } from "./api";
import type { Job } from "./model";
import { Button } from "./parts";
import { hasEnded } from "./words";

export function JobLog({ job }: { job: Job }) {
  const [text, setText] = useState("");
  const [wrong, setWrong] = useState("");
  const [turn, again] = useState(0);
  useEffect(() => {
    let wanted = true;
    askText(`/v1/jobs/${job.id}/log`).then(
      (log) => {
        if (!wanted) return;
        setText(log.trim() || "Nothing has been said.");
        setWrong("");
      },
      (error: unknown) => wanted && setWrong(inWords(error)),
    );
    return () => {
      wanted = false;
    };
  }, [job.id, job.state, turn]);
  return (
    <div class="log">
      {wrong && <p class="reason" role="alert">{wrong}</p>}
      <pre tabIndex={0} role="region" aria-label="Log">{text}</pre>
      {!hasEnded(job) && (
        <Button onClick={() => again(turn + 1)}>Read again</Button>
      )}
    </div>
  );
}
