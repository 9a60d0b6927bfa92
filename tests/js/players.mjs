// SPDX-License-Identifier: LGPL-2.1-or-later
// hls.js, shaka-player and dash.js on what the launcher publishes: each plays
// from the start, switches down and up, seeks to the middle and ends, without
// a word of complaint.
//
// players.mjs [FOLDER]: on every clip of the folder, where VS_ALL_MEDIA is set;
// without one, on a generated clip, on sound alone and on picture alone.

import assert from "node:assert/strict";
import {
  existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, unlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import {
  complaints, launch, look, openStage, PLAYERS, playsPast, seek, serveFolder,
  setRate, startPlayer, switchDownAndUp, until, within,
} from "./stage.mjs";
import { runAll, skipAll, test } from "./tap.mjs";

const STEP_MS = 60_000;
const SHORT_S = 11;
const LONG_S = 16;

const [media] = process.argv.slice(2);
if (media && !existsSync(media)) skipAll(`there is no folder ${media}`);
if (media && !process.env.VS_ALL_MEDIA)
  skipAll("it takes minutes: set VS_ALL_MEDIA to run it");
const stage = await openStage(STEP_MS);
const folder = mkdtempSync(join(tmpdir(), "vs-players-"));

const video = (height, bitrate) => `[video ${height}p]
height=${height}
framerate=source
bitrate=${bitrate}
encoder-preset=ultrafast
`;
const LADDER = video(360, "600k") + video(240, "300k") + video(144, "120k");

/** Publishes: the name of the clip, the groups of its preset, its path. */
async function publish({ name, groups, input }) {
  const path = join(folder, `${name}.ini`);
  const output = join(folder, name);
  writeFileSync(path, `[vstream]
type=vod
[input]
uri=${input ? "" : "testsrc:?duration=12s"}
${groups}
[segment]
duration=2s
gop-duration=1s
`);
  const args = ["--preset", path, "--output", output];
  const { code, said } = await within(2 * STEP_MS, "publishing",
    launch([...args, ...(input ? ["--input", input] : [])]).done);
  assert.equal(code, 0, said);
  const multivariant = readFileSync(join(output, "multivariant.m3u8"), "utf8");
  return {
    url: await serveFolder(output),
    output,
    hasVideo: multivariant.includes("RESOLUTION="),
    hasAudio: multivariant.includes("mp4a."),
  };
}

async function playThrough(page, kind, url) {
  await startPlayer(page, kind, url, STEP_MS);
  const { duration } = await look(page);
  await playsPast(page, Math.min(0.3, duration / 4));
  // A short clip would be over before its buffer is played out.
  const isLong = duration > SHORT_S;
  if (!isLong) await setRate(page, 0.25);
  await switchDownAndUp(page, isLong);
  await seek(page, duration / 2);
  await playsPast(page, duration / 2 + 0.1);
  await setRate(page, 1);
  if (duration > LONG_S) await seek(page, duration - LONG_S / 4);
  await until(page, "reaching the end", () => window.stage.video.ended);
  return look(page);
}

async function check(published, { kind, manifest }) {
  const page = await stage.open(kind);
  try {
    const end = await playThrough(page, kind, published.url + manifest);
    assert.deepEqual(complaints(page, end.duration), []);
    assert.ok(Math.abs(end.time - end.duration) < 0.05, JSON.stringify(end));
    assert.equal(end.frames > 0, published.hasVideo);
    assert.equal(end.audioBytes > 0, published.hasAudio);
    assert.equal(end.corrupted, 0);
  } finally {
    await page.close();
  }
}

/** Publishes a clip and plays it in all players side by side. */
function testClip(clip) {
  let published;
  let runs;
  test(`${clip.name} is published`, async () => {
    published = await publish(clip);
  });
  PLAYERS.forEach((player, index) =>
    test(`${player.kind} plays ${player.manifest} of ${clip.name}`,
      async () => {
        assert.ok(published, "it was not published");
        runs ??= PLAYERS.map((one) =>
          check(published, one).catch((error) => error));
        const error = await runs[index];
        if (error) throw error;
      }));
  return () => published;
}

/** That the tests above can fail: an object that is gone is complained of. */
function testHole(getPublished) {
  for (const { kind, manifest } of PLAYERS)
    test(`${kind} complains of a hole in ${manifest}`, async () => {
      const { output } = getPublished();
      const objects = readdirSync(join(output, "video_0"));
      for (const name of objects.filter((one) => one.endsWith(".m4s")))
        unlinkSync(join(output, "video_0", name));
      const page = await stage.open(kind);
      startPlayer(page, kind, getPublished().url + manifest, STEP_MS)
        .catch(() => {});
      await page.waitForEvent("console", (said) => said.type() === "error");
      await page.close();
    });
}

if (media) {
  const clips = readdirSync(media).filter((name) => !name.endsWith(".tsv"));
  for (const name of clips.sort())
    testClip({ name, groups: LADDER, input: join(media, name) });
} else {
  const getPublished = testClip({ name: "ladder", groups: LADDER });
  testClip({ name: "sound", groups: "[video]\nenabled=false" });
  testClip({ name: "picture", groups: `${LADDER}[audio]\nenabled=false` });
  testHole(getPublished);
}

await runAll(async () => {
  await stage.close();
  rmSync(folder, { recursive: true });
});
