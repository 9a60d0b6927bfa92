// SPDX-License-Identifier: LGPL-2.1-or-later
// hls.js, shaka-player and dash.js on a channel: programmes of a few seconds,
// with other sizes, rates and tracks, follow each other, others cut in on
// their hour; no player stands still, none complains.
//
// VS_CHANNEL_JOINS        how many programmes (default 6)
// VS_CHANNEL_INTERRUPTS   how many cut in (default 2)
// VS_CHANNEL_PLAIN        set: a plain MP4 plays beside them, whose stalls are told:
//                         what it has at the same time is the machine's
// VS_CHANNEL_PRESET       a preset of renditions to watch, instead of a small one

import assert from "node:assert/strict";
import {
  mkdirSync, mkdtempSync, readFileSync, rmSync, watch, writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import {
  complaints, launch, look, openStage, PLAYERS, playsPast, serveFolder, start,
  startPlayer, within,
} from "./stage.mjs";
import { findProgram, runAll, skipAll, test } from "./tap.mjs";

const STEP_MS = 60_000;
const STALL_MS = 250;
const SPARE_S = 0.2;
const ITEM_S = 2.4;
const JOINS = Number(process.env.VS_CHANNEL_JOINS ?? 6);
const INTERRUPTS = Number(process.env.VS_CHANNEL_INTERRUPTS ?? 2);
// Players stay this far behind what is published, and a segment more.
const BEHIND_S = 8;
const PLAIN = { kind: "a plain file", manifest: "plain.mp4" };
const WATCHERS = process.env.VS_CHANNEL_PLAIN ? [...PLAYERS, PLAIN] : PLAYERS;

for (const program of ["ffmpeg", "python3"])
  if (!findProgram(program)) skipAll(`${program} is not installed`);
const stage = await openStage(STEP_MS);
const folder = mkdtempSync(join(tmpdir(), "vs-players-channel-"));
const database = join(folder, "channel.db");
const log = join(folder, "as-run.log");

const PICTURE = (size, rate) =>
  ["-f", "lavfi", "-i", `testsrc2=size=${size}:rate=${rate}:duration=6`];
const SOUND = (rate) =>
  ["-f", "lavfi", "-i", `sine=frequency=440:sample_rate=${rate}:duration=6`];
const H264 = ["-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p"];
const CLIPS = {
  "film.mp4": [...PICTURE("640x360", "24000/1001"), ...SOUND(44100), ...H264],
  "sport.ts": [...PICTURE("640x480", 50), ...SOUND(48000), ...H264],
  "silent.mkv": [...PICTURE("426x240", 30), ...H264],
  "radio.m4a": SOUND(48000),
};

const PRESET = `[video 360p]
height=360
framerate=25
bitrate=600k
encoder-preset=ultrafast
[video 240p]
height=240
framerate=25
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

// hls.js says so of any stall, the machine's too; which it was, watch () tells.
const STALLED = [/Stall detected, adjusting target latency/];

const clipPaths = () => Object.keys(CLIPS).map((name) => join(folder, name));

function writePreset() {
  const paths = clipPaths();
  const items = Array.from({ length: JOINS }, (_, n) => `[item n${n}]
uri=${paths[n % paths.length]}
out=${ITEM_S}s
`);
  const path = join(folder, "channel.ini");
  writeFileSync(path, `[vstream]
type=channel
[queue]
location=${database}
filler=testsrc:
as-run=${log}
${items.join("")}${process.env.VS_CHANNEL_PRESET
    ? readFileSync(process.env.VS_CHANNEL_PRESET, "utf8") : PRESET}`);
  return path;
}

/** What has left the air for good, oldest first. */
function readLog() {
  try {
    return readFileSync(log, "utf8").split("\n").filter(Boolean)
      .map((line) => JSON.parse(line));
  } catch {
    return [];
  }
}

const INSERT = "import sqlite3, sys; base = sqlite3.connect(sys.argv[1], 30); " +
  "base.execute('INSERT INTO items (json) VALUES (?)', sys.argv[2:]); " +
  "base.commit()";

/** Puts in what cuts in two seconds from now. */
async function interrupt(number) {
  const item = {
    id: `cut${number}`, uri: `file://${join(folder, "sport.ts")}`, in: 1,
    out: 1 + ITEM_S, at: new Date(Date.now() + 2000).toISOString(),
  };
  const { code, said } =
    await start("python3", ["-c", INSERT, database, JSON.stringify(item)]).done;
  assert.equal(code, 0, said);
}

/** Follows the log, cuts in every so many programmes; done when all is over. */
function direct() {
  let cuts = 0;
  let fail;
  const over = new Promise((resolve, reject) => {
    fail = reject;
    const read = () => {
      const lines = readLog();
      const shown = lines.filter(({ id }) => id.startsWith("n")).length;
      if (cuts < INTERRUPTS && shown >= (cuts * JOINS) / INTERRUPTS) {
        cuts += 1;
        interrupt(cuts).catch(fail);
      }
      if (lines.length >= JOINS + INTERRUPTS) resolve(lines);
    };
    watchers.push(watch(folder, read));
    read();
  });
  over.catch(() => {}); // heard by who waits for it
  return over;
}

/** One of the clips, often enough to last as long as the programme. */
async function writePlain(path) {
  const { code, said } = await start("ffmpeg", ["-nostdin", "-v", "error",
    "-stream_loop", String(JOINS + INTERRUPTS + 10), "-i",
    join(folder, "film.mp4"), "-c", "copy", path]).done;
  assert.equal(code, 0, said);
}

const watchers = [];

/** How long after its end each segment was listed: where a player starves
 *  after one that was late, it was the machine that did not keep up. */
const delays = [];
let newest = 0;
function noteDelay(playlist) {
  const [date, ...lines] = readFileSync(playlist, "utf8")
    .split("#EXT-X-PROGRAM-DATE-TIME:").at(-1).split("\n");
  const lengths = lines.map((line) => /^#EXTINF:([\d.]+)/.exec(line)?.[1] ?? 0);
  const end = Date.parse(date) +
    lengths.reduce((sum, length) => sum + 1000 * length, 0);
  if (end > newest) delays.push(Math.round(Date.now() - end));
  newest = Math.max(newest, end);
}

function tellDelays() {
  const sorted = [...delays].sort((a, b) => a - b);
  console.log(`# ${sorted.length} segments were listed after their end by ` +
    `${sorted[sorted.length >> 1]} ms (median), ${sorted.at(-1)} ms (most)`);
}

let channel;
let url;
let over;
test("a channel publishes", async () => {
  for (const [name, how] of Object.entries(CLIPS)) {
    const { code, said } = await start("ffmpeg",
      ["-nostdin", "-v", "error", ...how, join(folder, name)]).done;
    assert.equal(code, 0, said);
  }
  const output = join(folder, "out");
  mkdirSync(output);
  if (WATCHERS.includes(PLAIN)) await writePlain(join(output, PLAIN.manifest));
  channel = launch(["--preset", writePreset(), "--output", output]);
  const published = new Promise((resolve) => {
    const playlist = join(output, "video_0", "playlist.m3u8");
    watchers.push(watch(output, () => {
      try {
        if (readFileSync(playlist, "utf8").split("#EXTINF").length > 3)
          resolve();
      } catch {
        // Not there yet.
      }
    }));
  });
  await within(STEP_MS, "publishing", Promise.race([
    published, channel.done.then(({ said }) => assert.fail(said)),
  ]));
  const playlist = join(output, "video_0", "playlist.m3u8");
  watchers.push(watch(join(output, "video_0"), (_event, name) => {
    if (name === "playlist.m3u8") noteDelay(playlist);
  }));
  over = direct();
  url = await serveFolder(output);
});

async function play({ kind, manifest }) {
  assert.ok(url, "nothing was published");
  const page = await stage.open(kind);
  try {
    await startPlayer(page, kind, url + manifest, STEP_MS);
    await playsPast(page, (await look(page)).time + 1);
    await page.evaluate((least) => window.stage.watch(least), STALL_MS);
    await within((JOINS + INTERRUPTS) * ITEM_S * 1000 + STEP_MS,
      "the programme", over);
    const { time } = await look(page);
    await playsPast(page, time + BEHIND_S);
    const stalls = await page.evaluate(() => window.stage.stalls);
    const starved = stalls.filter(({ spare }) => spare < SPARE_S);
    const others = stalls.filter(({ spare }) => spare >= SPARE_S)
      .map(({ ms, ended }) => `${ms} ms to ${new Date(ended).toISOString()}`);
    console.log(`# ${kind} ${manifest}: ${time.toFixed(0)} s, stalls that ` +
      `were the machine's: ${others.length}`, others.join(", "));
    assert.deepEqual(starved, []);
    assert.deepEqual(complaints(page, undefined, STALLED), []);
  } finally {
    await page.close();
  }
}

let runs;
WATCHERS.forEach((one, index) =>
  test(`${one.kind} plays ${one.manifest} of a channel`, async () => {
    runs ??= WATCHERS.map((each) => play(each).catch((error) => error));
    const error = await runs[index];
    if (error) throw error;
  }));

test("every programme was on air, in order, and every cut", async () => {
  const lines = await over;
  const ids = lines.filter(({ on_air: onAir }) => onAir).map(({ id }) => id);
  assert.deepEqual(ids.filter((id) => id.startsWith("n")),
    Array.from({ length: JOINS }, (_, n) => `n${n}`));
  assert.deepEqual(ids.filter((id) => id.startsWith("cut")),
    Array.from({ length: INTERRUPTS }, (_, n) => `cut${n + 1}`));
});

test("the channel ends when it is told to", async () => {
  tellDelays();
  channel.child.kill("SIGINT");
  const { code, said } = await within(STEP_MS, "ending", channel.done);
  assert.equal(code, 0, said);
});

await runAll(async () => {
  for (const watcher of watchers) watcher.close();
  await stage.close();
  rmSync(folder, { recursive: true });
});
