// SPDX-License-Identifier: LGPL-2.1-or-later
// The service signs where a film is played: hls.js, shaka-player and dash.js
// play it from that address, without a word of complaint.

import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";

import {
  complaints, look, openStage, PLAYERS, playsPast, seek, start, startPlayer,
  until, within,
} from "./stage.mjs";
import { runAll, test } from "./tap.mjs";

const STEP_MS = 60_000;
const stage = await openStage(STEP_MS);
const folder = mkdtempSync(join(tmpdir(), "vs-players-signed-"));
const presets = join(folder, "presets");

mkdirSync(presets);
writeFileSync(join(presets, "small.ini"), `[vstream]
type=vod
[video 144p]
height=144
framerate=source
bitrate=120k
encoder-preset=ultrafast
[segment]
duration=2s
gop-duration=1s
`);
writeFileSync(join(folder, "vstream.ini"), `[http]
listen=127.0.0.1:0
[playback]
signing-key-file=${join(folder, "keys")}
`);
process.env.VS_PRESET_DIR = presets;
const service = start(
  join(process.env.VS_BUILD_ROOT, "launcher", "vstream-launcher"),
  ["--config", join(folder, "vstream.ini"), "--state", join(folder, "state")]);
const base = await within(STEP_MS, "the service's address", new Promise(
  (resolve) => createInterface(service.child.stdout).on("line", (line) => {
    const found = /^Listening on (http:\S+?)\/?$/.exec(line);
    if (found) resolve(found[1]);
  })));

async function ask(path, document) {
  const answer = await fetch(base + path, document && {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(document),
  });
  assert.ok(answer.ok, `${path}: ${answer.status}`);
  return answer.json();
}

/** The state of a job, each time that it changes. */
async function* follow(id) {
  const events = await fetch(`${base}/v1/events`);
  yield (await ask(`/v1/jobs/${id}`)).state;
  for await (const chunk of events.body.pipeThrough(new TextDecoderStream()))
    if (chunk.includes(id)) yield (await ask(`/v1/jobs/${id}`)).state;
}

async function makeFilm() {
  const job = await ask("/v1/jobs",
    { preset: "small", input: { url: "testsrc:?duration=12s" } });
  for await (const state of follow(job.id)) {
    assert.notEqual(state, "failed");
    if (state === "succeeded") break;
  }
  return (await ask(`/v1/jobs/${job.id}/playback`, { expires_in: 600 })).url;
}

let film;
for (const { kind, manifest } of PLAYERS)
  test(`${kind} plays a signed ${manifest}`, async () => {
    film ??= await within(STEP_MS, "the film", makeFilm());
    const page = await stage.open(kind);
    try {
      await startPlayer(page, kind, `${base}${film}/${manifest}`, STEP_MS);
      await playsPast(page, 0.3);
      const { duration } = await look(page);
      await seek(page, duration - 3);
      await until(page, "reaching the end", () => window.stage.video.ended);
      const end = await look(page);
      assert.deepEqual(complaints(page, end.duration), []);
      assert.ok(end.frames > 0 && end.audioBytes > 0, JSON.stringify(end));
    } finally {
      await page.close();
    }
  });

await runAll(async () => {
  service.child.kill("SIGTERM");
  await service.done;
  await stage.close();
  rmSync(folder, { recursive: true, force: true });
});
