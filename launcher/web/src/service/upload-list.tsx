// SPDX-License-Identifier: LGPL-2.1-or-later
// Files on their way, and what is left of an earlier visit.

import * as format from "../format";
import { Bar, Button } from "./parts";
import { useStore } from "./store";
import type { Upload } from "./upload";
import { uploads } from "./uploads";
import { when } from "./words";

function describe(upload: Upload): string {
  const { state, rate, left } = upload;
  if (state === "waiting") return "Waiting for its turn";
  if (state === "adding") return "Uploaded; the service takes it over";
  if (state === "done") return "Uploaded";
  const parts = [
    `${format.bytes(upload.sent)} of ${format.bytes(upload.size)}`,
    rate ? `${format.bytes(Math.round(rate))}/s` : "",
    left ? `${format.clock(Math.ceil(left))} left` : "",
  ];
  if (state === "paused") parts.unshift("Paused");
  return parts.filter(Boolean).join(" · ");
}

function Row({ upload }: { upload: Upload }) {
  const { file, state } = upload;
  const stopped = state === "paused" || state === "broken" || state === "failed";
  return (
    <li class="upload" data-state={state}>
      <span class="title" dir="auto" title={file.name}>{file.name}</span>
      <span class="figures">{describe(upload)}</span>
      <Bar value={upload.size ? upload.sent / upload.size : 0}
        label={`${file.name}: uploaded so far`} />
      <span class="buttons">
        {state === "sending" && (
          <Button tone="bare" icon="pause" label={`Pause ${file.name}`}
            onClick={() => void upload.pause()} />
        )}
        {stopped && (
          <Button tone="bare" icon="play" label={`Go on with ${file.name}`}
            onClick={() => void upload.start()} />
        )}
        {state !== "adding" && state !== "done" && (
          <Button tone="bare" icon="close" label={`Cancel ${file.name}`}
            onClick={() => void uploads.cancel(upload)} />
        )}
      </span>
      {upload.error && <p class="reason" role="alert">{upload.error}</p>}
    </li>
  );
}

function Earlier() {
  if (uploads.earlier.length === 0) return null;
  return (
    <section class="panel" aria-label="Begun earlier">
      <p class="quiet">
        Begun earlier and not whole. Choose the same file again, and it goes on
        from where it was.
      </p>
      <ul class="plain">
        {uploads.earlier.map((one) => {
          const name = one.metadata["filename"] ?? "";
          return (
            <li key={one.urlStorageKey} class="earlier">
              <span class="title" dir="auto">{name}</span>
              <span class="quiet">
                {one.size !== null ? format.bytes(one.size) : ""}
                {" · "}{when(one.creationTime)}
              </span>
              <Button tone="bare" icon="close" label={`Forget ${name}`}
                onClick={() => void uploads.forget(one)} />
            </li>
          );
        })}
      </ul>
    </section>
  );
}

export function UploadList() {
  useStore();
  return (
    <>
      {uploads.list.length > 0 && (
        <ul class="panel uploads" aria-label="Uploads">
          {uploads.list.map((upload) => <Row key={upload.id} upload={upload} />)}
        </ul>
      )}
      <Earlier />
    </>
  );
}
