// SPDX-License-Identifier: LGPL-2.1-or-later
// hls.js, shaka-player and dash.js on what grows: a live job of the launcher
// plays without a stall; a live job that is killed and started again plays on
// over the seam, both as it happens and from before it.
//
// VS_LIVE_SECONDS   how long to watch (default 20)
// VS_LIVE_PRESET    a preset to watch, instead of a small one

import assert from "node:assert/strict";
import {
  mkdirSync, mkdtempSync, readFileSync, rmSync, watch, writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import {
  complaints, launch, look, openStage, PLAYERS, playsPast, seek, serveFolder,
  start, startPlayer, until, within,
} from "./stage.mjs";
import { findProgram, runAll, skipAll, test } from "./tap.mjs";

const STEP_MS = 60_000;
const STALL_MS = 250;
const SPARE_S = 0.2;
const LIVE_S = Number(process.env.VS_LIVE_SECONDS ?? 20);

if (!findProgram("gst-launch-1.0")) skipAll("gst-launch-1.0 is not installed");
const stage = await openStage(STEP_MS);
const folder = mkdtempSync(join(tmpdir(), "vs-players-live-"));

const waiters = new Set();

/** Waits until the playlist of the first rendition in @output is @right. */
function published(output, what, right) {
  const path = join(output, "video_0", "playlist.m3u8");
  const waiting = new Promise((resolve) => {
    const read = () => {
      try {
        if (right(readFileSync(path, "utf8"))) resolve();
      } catch {
        // Not there yet: the next change will tell.
      }
    };
    // The manifest lies there, and changes with every segment.
    const watcher = watch(output, read);
    waiters.add(watcher);
    read();
  });
  return within(STEP_MS, what, waiting);
}
const countSegments = (text) => text.split("#EXTINF").length - 1;

/** Opens all players on @url side by side; each test hears of its own. */
function testPlayers(name, getUrl, run) {
  let runs;
  PLAYERS.forEach(({ kind, manifest }, index) =>
    test(`${kind} plays ${manifest} ${name}`, async () => {
      runs ??= PLAYERS.map((one) =>
        play(getUrl(), one, run).catch((error) => error));
      const error = await runs[index];
      if (error) throw error;
    }));
}

async function play(url, { kind, manifest }, run) {
  assert.ok(url, "nothing was published");
  const page = await stage.open(kind);
  try {
    await startPlayer(page, kind, url + manifest, STEP_MS);
    await run(page);
  } finally {
    await page.close();
  }
}

const stalls = (page) => page.evaluate(() => window.stage.stalls);

/** Stalls that are not the machine's: there was nothing to play. */
const starved = (all) => all.filter(({ spare }) => spare < SPARE_S);

const passes = async (page, seconds) => {
  const { time } = await look(page);
  await playsPast(page, time + seconds);
};

const LIVE = `[vstream]
type=live
[input]
uri=testsrc:
[video 360p]
height=360
bitrate=600k
encoder-preset=ultrafast
[video 240p]
height=240
bitrate=300k
encoder-preset=ultrafast
[audio main]
codec=aac
bitrate=96k
[segment]
duration=2s
gop-duration=1s
window=30s
`;

let liveUrl;
let live;
test("a live job publishes", async () => {
  const output = join(folder, "live");
  const preset = join(folder, "live.ini");
  mkdirSync(output);
  writeFileSync(preset, process.env.VS_LIVE_PRESET
    ? readFileSync(process.env.VS_LIVE_PRESET) : LIVE);
  live = launch(["--preset", preset, "--output", output]);
  await Promise.race([
    published(output, "a live job", (text) => countSegments(text) > 3),
    live.done.then(({ said }) => assert.fail(said)),
  ]);
  liveUrl = await serveFolder(output);
});

testPlayers("while it grows", () => liveUrl, async (page) => {
  await passes(page, 1);
  await page.evaluate((least) => window.stage.watch(least), STALL_MS);
  await passes(page, LIVE_S);
  assert.deepEqual(starved(await stalls(page)), []);
  assert.deepEqual(complaints(page), []);
});

test("the live job ends when it is told to", async () => {
  live.child.kill("SIGINT");
  const { code, said } = await within(STEP_MS, "ending", live.done);
  assert.equal(code, 0, said);
});

/** One colour, live, into the folder of the seam. */
const show = (colour) => start("gst-launch-1.0", [
  "-e", "abrladder", "name=ladder", "speed=ultrafast",
  "renditions=360p@600k,240p@300k", "gop-duration=1000000000", "!",
  "abrsink", `location=${join(folder, "seam")}`, "type=event",
  "segment-duration=2000000000",
  "videotestsrc", "is-live=true", `pattern=${colour}`, "!",
  "video/x-raw,width=640,height=360,framerate=25/1", "!", "ladder.video_sink",
  "audiotestsrc", "is-live=true", "volume=0.1", "!",
  "audio/x-raw,rate=48000,channels=2", "!", "ladder.audio_sink",
]);

let seamUrl;
let shown;
test("a live pipeline publishes", async () => {
  const output = join(folder, "seam");
  mkdirSync(output);
  shown = show("red");
  await Promise.race([
    published(output, "the red pipeline", (text) => countSegments(text) > 3),
    shown.done.then(({ said }) => assert.fail(said)),
  ]);
  seamUrl = await serveFolder(output);
});

// The time between the crash and the restart is missing, so players jump, and
// each says so in its own words. Where it falls, one track may be listed up to a
// segment further than the other, and the first sound of a period may begin a
// frame or three before its picture.
const SEAM = [
  /Jumping gap occu\w+ in period 0 /,
  /Unexpected buffered range .*(audio|video)_0\/\d+-/,
  /\[gap-controller\]: skipping hole/,
  /mediaError bufferSeekOverHole/,
  /\[latency-controller\]: Stall detected/,
  /\[StreamProcessor\]\[\w+\] Adjusting (buffering|playback) time .* gap in the manifest/,
];

const becomes = (page, colour) =>
  until(page, `becoming ${colour}`,
    (wanted) => window.stage.colour() === wanted, colour);

// All four wait for each other here, then see the pipeline die.
let missing = PLAYERS.length;
let comeBack;
const restarted = new Promise((resolve) => {
  comeBack = resolve;
});

async function dieAndComeBack() {
  shown.child.kill("SIGKILL");
  await shown.done;
  shown = show("blue");
  comeBack();
}

testPlayers("over a crash", () => seamUrl, async (page) => {
  await passes(page, 1);
  assert.equal(await page.evaluate(() => window.stage.colour()), "red");
  missing -= 1;
  if (missing === 0) await dieAndComeBack();
  await within(2 * STEP_MS, "waiting for the other players", restarted);
  await becomes(page, "blue");
  await passes(page, 2);
  // Again, now that both sides are there.
  const from = await page.evaluate(() => window.stage.video.seekable.start(0));
  await seek(page, from + 3);
  await becomes(page, "red");
  await becomes(page, "blue");
  await passes(page, 1);
  assert.deepEqual(complaints(page, undefined, SEAM), []);
});

await runAll(async () => {
  for (const watcher of waiters) watcher.close();
  await stage.close();
  rmSync(folder, { recursive: true });
});
