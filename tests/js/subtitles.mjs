// SPDX-License-Identifier: LGPL-2.1-or-later
// Subtitles of a file, as hls.js, shaka-player and dash.js show them: every cue
// with its text, at its time in the source.

import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import {
  complaints, launch, openStage, PLAYERS, playsPast, serveFolder, start,
  startPlayer, until, within,
} from "./stage.mjs";
import { findProgram, runAll, skipAll, test } from "./tap.mjs";

const STEP_MS = 60_000;
// A player may count from the first decode time; a frame and its reordering.
const NEAR_S = 0.1;
// The second lies over the boundary of two segments.
const CUES = [
  { start: 0.5, end: 1.5, text: "one & more" },
  { start: 1.8, end: 2.6, text: "over the boundary" },
  { start: 4.2, end: 5.4, text: "late" },
];

if (!findProgram("ffmpeg")) skipAll("ffmpeg is not installed");
const stage = await openStage(STEP_MS);
const folder = mkdtempSync(join(tmpdir(), "vs-subtitles-"));

const stamp = (seconds) =>
  new Date(seconds * 1000).toISOString().slice(11, 23).replace(".", ",");

async function publish() {
  const [srt, clip, preset, output] =
    ["in.srt", "in.mkv", "in.ini", "out"].map((name) => join(folder, name));
  writeFileSync(srt, CUES.map(({ start: from, end, text }, index) =>
    `${index + 1}\n${stamp(from)} --> ${stamp(end)}\n${text}\n\n`).join(""));
  const made = await within(STEP_MS, "the clip", start("ffmpeg", [
    "-v", "error", "-f", "lavfi", "-i", "testsrc=s=160x90:r=25:d=8",
    "-f", "lavfi", "-i", "sine=r=48000:d=8", "-i", srt, "-map", "0", "-map",
    "1", "-map", "2", "-c:v", "mpeg4", "-c:a", "flac", "-c:s", "srt",
    "-metadata:s:s:0", "language=eng", clip]).done);
  assert.equal(made.code, 0, made.said);
  writeFileSync(preset, "[vstream]\ntype=vod\n[video 90p]\nheight=90\n" +
    "encoder-preset=ultrafast\n[segment]\nduration=2s\ngop-duration=1s\n");
  const { code, said } = await within(STEP_MS, "publishing", launch(
    ["--preset", preset, "--input", clip, "--output", output]).done);
  assert.equal(code, 0, said);
  assert.match(readFileSync(join(output, "multivariant.m3u8"), "utf8"),
    /TYPE=SUBTITLES/);
  return serveFolder(output);
}

let url;
test("a file with subtitles is published", async () => {
  url = await publish();
});

for (const { kind, manifest } of PLAYERS)
  test(`${kind} shows the cues of ${manifest}`, async () => {
    assert.ok(url, "it was not published");
    const page = await stage.open(kind);
    await startPlayer(page, kind, url + manifest, STEP_MS);
    await page.evaluate(() => window.stage.showText());
    await playsPast(page, 0.3);
    await until(page, "all cues", (n) => window.stage.cues().length >= n,
      CUES.length);
    const cues = await page.evaluate(() => window.stage.cues());
    assert.deepEqual(cues.map((cue) => cue.text), CUES.map((cue) => cue.text));
    cues.forEach((cue, index) => {
      assert.ok(Math.abs(cue.start - CUES[index].start) < NEAR_S &&
        Math.abs(cue.end - CUES[index].end) < NEAR_S, JSON.stringify(cue));
    });
    assert.deepEqual(complaints(page, 8), []);
    await page.close();
  });

await runAll(async () => {
  await stage.close();
  rmSync(folder, { recursive: true });
});
