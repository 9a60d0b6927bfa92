// SPDX-License-Identifier: LGPL-2.1-or-later
// The page of --serve in a headless browser: plays HLS and DASH, starts by
// itself, shows the job; on a phone, with sound only, by keyboard.

import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { createInterface } from "node:readline";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { findProgram, runAll, skipAll, test } from "./tap.mjs";

const STEP_MS = 30_000;
const build = process.env.VS_BUILD_ROOT;
const browserPath =
  findProgram("chromium-headless-shell") ?? findProgram("chromium");
const playwright = await import("playwright-core").catch(() => undefined);

if (!browserPath) skipAll("chromium-headless-shell is not installed");
if (!playwright) skipAll("npm ci has not been run in tests/js");
if (!findProgram("ffmpeg")) skipAll("ffmpeg is not installed");

const folder = mkdtempSync(join(tmpdir(), "vs-page-"));
const servers = [];

/** Eight seconds (or @seconds) in two sizes, or of sound alone. */
function publish(name, video, seconds = 8) {
  const output = join(folder, name);
  mkdirSync(output);
  execFileSync("ffmpeg", [
    "-v", "error",
    ...(video
      ? ["-f", "lavfi", "-i", `testsrc2=s=320x180:r=25:d=${seconds}`]
      : []),
    "-f", "lavfi", "-i", `sine=440:r=48000:d=${seconds}`,
    ...(video
      ? ["-filter_complex", "[0:v]split[a][b];[b]scale=160:90[c]",
         "-map", "[a]", "-map", "[c]", "-map", "1:a",
         "-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p",
         "-g", "50", "-keyint_min", "50", "-sc_threshold", "0",
         "-b:v:0", "300k", "-b:v:1", "100k"]
      : []),
    "-c:a", "aac", "-f", "dash", "-seg_duration", "2", "-hls_playlist", "1",
    "-hls_master_name", "multivariant.m3u8", join(output, "manifest.mpd"),
  ], { timeout: STEP_MS });
  return output;
}

/** A program that prints where it serves. */
async function start(program, args) {
  const child = spawn(program, args, { stdio: ["pipe", "pipe", "inherit"] });
  servers.push(child);
  const url = await new Promise((resolve, reject) => {
    createInterface(child.stdout).on("line", (line) => {
      const found = /http:\S+/.exec(line);
      if (found) resolve(found[0]);
    });
    child.once("exit", () => reject(new Error(`${program} ended`)));
  });
  return {
    url,
    say: (job) => child.stdin.write(`${JSON.stringify(job)}\n`),
    stop: () => child.kill(),
    ended: () => new Promise((resolve) => child.once("exit", resolve)),
  };
}

/** The server of the launcher over @root; say() gives it the job. */
function serve(root) {
  return start(join(build, "tests", "launcher", "serve-folder"),
    ["127.0.0.1:0", root]);
}

const browser = await playwright.chromium.launch({
  executablePath: browserPath,
  args: ["--no-sandbox", "--autoplay-policy=no-user-gesture-required"],
});

/** A page that fails the test on anything the browser complains about. */
async function open(url, options = {}) {
  const page = await browser.newPage({
    viewport: { width: 1440, height: 900 },
    ...options,
  });
  page.setDefaultTimeout(STEP_MS);
  page.complaints = [];
  page.on("pageerror", (error) => page.complaints.push(error.message));
  page.on("console", (message) => {
    if (message.type() === "error" && !message.text().includes("404"))
      page.complaints.push(message.text());
  });
  await page.goto(url);
  return page;
}

async function close(page) {
  assert.deepEqual(page.complaints, []);
  await page.close();
}

const playsFrom = (page, seconds) =>
  page.waitForFunction(
    (from) => {
      const { video } = window.vstream;
      return !video.paused && video.currentTime > from && video.readyState > 2;
    },
    seconds,
  );

async function playThrough(page) {
  await playsFrom(page, 0.2);
  await page.evaluate(() => {
    window.vstream.video.currentTime = 5;
  });
  await playsFrom(page, 5.2);
  await page.waitForFunction(() => window.vstream.video.ended);
  const duration = await page.evaluate(() => window.vstream.video.duration);
  assert.ok(Math.abs(duration - 8) < 0.2, `${duration} s`);
}

const ladder = publish("ladder", true);
const sound = publish("sound", false);
const server = await serve(ladder);
const index = await fetch(server.url).then((reply) => reply.text());
if (!index.includes("/assets/index-")) {
  await browser.close();
  server.stop();
  rmSync(folder, { recursive: true });
  skipAll("the page was built without players");
}

test("HLS plays, seeks and ends", async () => {
  const page = await open(server.url);
  await playThrough(page);
  assert.equal(await page.evaluate(() => window.vstream.theatre.kind), "hls");
  assert.match(await page.textContent("#meters"), /hls\.js/);
  await close(page);
});

test("DASH plays, seeks and ends", async () => {
  const page = await open(`${server.url}#dash`);
  await playThrough(page);
  assert.equal(await page.evaluate(() => window.vstream.theatre.kind), "dash");
  assert.match(await page.textContent("#meters"), /shaka-player/);
  await close(page);
});

test("renditions are listed with what they are", async () => {
  const page = await open(server.url);
  await playsFrom(page, 0.1);
  const rows = await page.$$eval("#renditions-body tr", (all) =>
    all.map((row) => [...row.children].map((cell) => cell.textContent)),
  );
  assert.equal(rows.length, 3);
  assert.equal(rows[0][1], "320 × 180");
  assert.equal(rows[1][1], "160 × 90");
  assert.match(rows[0][3], /^avc1\./);
  assert.match(rows[0][4], /kbit\/s$/);
  assert.equal(rows[0][6], "4 in 0:08");
  assert.match(rows[2][1], /^audio/);
  await close(page);
});

for (const kind of ["hls", "dash"]) {
  test(`the quality menu of ${kind} switches`, async () => {
    const page = await open(`${server.url}#${kind}`);
    await playsFrom(page, 0.1);
    const labels = await page.$$eval("#quality option", (all) =>
      all.map((option) => option.textContent),
    );
    assert.equal(labels.length, 3);
    assert.match(labels[1], /180p · 320 × 180/);
    for (const [index, height] of [[2, 90], [1, 180]]) {
      await page.selectOption("#quality", { index });
      await page.waitForFunction(
        (wanted) => window.vstream.video.videoHeight === wanted,
        height,
      );
    }
    await close(page);
  });
}

test("the switch changes player and keeps the place", async () => {
  const page = await open(server.url);
  await playsFrom(page, 0.1);
  await page.evaluate(() => {
    window.vstream.video.currentTime = 4;
  });
  await playsFrom(page, 4);
  // By keyboard, as a radio group is used.
  await page.focus('input[value="hls"]');
  await page.keyboard.press("ArrowRight");
  await page.waitForFunction(() => window.vstream.theatre.kind === "dash");
  await playsFrom(page, 4);
  assert.equal(new URL(page.url()).hash, "#dash");
  await close(page);
});

test("it starts by itself when something is published", async () => {
  const late = join(folder, "late");
  const waiting = await serve(late);
  waiting.say({ state: "starting", type: "vod", input: "clip" });
  const page = await open(waiting.url);
  await page.waitForSelector("text=Nothing is published yet");
  assert.equal(await page.textContent("#tally-text"), "Starting");
  mkdirSync(late);
  waiting.say({ state: "running", type: "vod", progress: 0.42, eta: 12 });
  await page.waitForSelector("text=42 %, 0:12 left");
  // Segments first, manifests last, as a publisher does.
  const isManifest = (path) => /\.(m3u8|mpd)$/.test(path);
  cpSync(ladder, late, { recursive: true, filter: (p) => !isManifest(p) });
  await page.waitForSelector("#objects li");
  cpSync(ladder, late, { recursive: true });
  await playsFrom(page, 0.2);
  assert.equal(await page.isVisible("#curtain"), false);
  waiting.say({ state: "finished", type: "vod" });
  await page.waitForFunction(
    () => document.getElementById("tally-text").textContent === "Finished",
  );
  waiting.stop();
  await close(page);
});

test("a failed job says why", async () => {
  const empty = join(folder, "empty");
  mkdirSync(empty);
  const failed = await serve(empty);
  failed.say({ state: "failed", message: "The input is empty." });
  const page = await open(failed.url);
  await page.waitForSelector("#curtain >> text=The input is empty.");
  assert.equal(await page.textContent("#tally-text"), "Failed");
  failed.stop();
  await close(page);
});

test("a codec that the browser does not play is said to be one", async () => {
  const strange = join(folder, "strange");
  cpSync(ladder, strange, { recursive: true });
  for (const name of ["multivariant.m3u8", "manifest.mpd"]) {
    const path = join(strange, name);
    const text = readFileSync(path, "utf8");
    writeFileSync(path, text.replaceAll(/avc1\.\w+/g, "hvc1.1.6.L93.90"));
  }
  const other = await serve(strange);
  for (const kind of ["hls", "dash"]) {
    const page = await open(`${other.url}#${kind}`);
    await page.waitForSelector("#notice >> text=plays none of the codecs");
    await page.close();
  }
  other.stop();
});

test("a job of the launcher is played while it runs and after", async () => {
  const clip = join(folder, "clip.mp4");
  execFileSync("ffmpeg", [
    "-v", "error", "-f", "lavfi", "-i", "testsrc2=s=640x360:r=25:d=8",
    "-f", "lavfi", "-i", "sine=440:r=48000:d=8", "-c:v", "libx264",
    "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-c:a", "aac", clip,
  ], { timeout: STEP_MS });
  const job = await start(join(build, "launcher", "vstream-launcher"), [
    "--preset", "vod", "--input", clip, "--output", join(folder, "job"),
    "--serve", "127.0.0.1:0",
  ]);
  const page = await open(job.url);
  await playsFrom(page, 0.2);
  await page.waitForFunction(
    () => document.getElementById("tally-text").textContent === "Finished",
  );
  for (const kind of ["hls", "dash"]) {
    await page.goto("about:blank");
    await page.goto(`${job.url}#${kind}`);
    await playThrough(page);
  }
  // The browser complains of the event stream that ends with the server.
  assert.deepEqual(page.complaints, []);
  const ended = job.ended();
  job.stop();
  assert.equal(await ended, 0);
  await page.close();
});

// Three segments of a show of eight, with a start within the first second, and
// media that come only after shaka-player has given up to seek there (ten times,
// 100 ms apart): it must not take that start for where it is from then on
// (docs/manifests.md, "Players").
const GIVES_UP_MS = 1200;
test("DASH that is hardly longer than the delay goes on", async () => {
  const young = publish("young", true, 16);
  const manifest = join(young, "manifest.mpd");
  const begun = new Date(Date.now() - 6000).toISOString();
  const whole = readFileSync(manifest, "utf8")
    .replace(/mediaPresentationDuration="[^"]*"/, "")
    .replace('type="static"', `type="dynamic" minimumUpdatePeriod="PT3S"
      availabilityStartTime="${begun}" timeShiftBufferDepth="PT60S"
      suggestedPresentationDelay="PT5.9S"`);
  writeFileSync(manifest,
    whole.replace(/ r="(\d)"/g, (_all, repeat) => ` r="${repeat - 5}"`));

  const live = await serve(young);
  const page = await open("about:blank");
  await page.route("**/chunk-*", async (route) => {
    await new Promise((resolve) => setTimeout(resolve, GIVES_UP_MS));
    await route.continue().catch(() => undefined); // it may have closed by then
  }, { times: 2 });
  await page.goto(`${live.url}#dash`);
  await playsFrom(page, 0.5);
  writeFileSync(`${manifest}.new`, whole);
  renameSync(`${manifest}.new`, manifest);
  await page.evaluate(() => {
    window.vstream.video.playbackRate = 4;
  });
  await playsFrom(page, 13); // more than it buffers
  live.stop();
  await page.close();
});

test("a server that goes away is said to", async () => {
  const fleeting = await serve(ladder);
  const page = await open(fleeting.url);
  await playsFrom(page, 0.1);
  fleeting.stop();
  await page.waitForFunction(
    () => document.getElementById("tally").dataset.state === "lost",
  );
  await page.close();
});

for (const kind of ["hls", "dash"]) {
  test(`sound alone plays as ${kind}`, async () => {
    const quiet = await serve(sound);
    const page = await open(`${quiet.url}#${kind}`);
    await playsFrom(page, 0.2);
    assert.ok(await page.$(".stage.sound-only"));
    quiet.stop();
    await close(page);
  });
}

test("a phone shows all of it in its width", async () => {
  for (const colorScheme of ["dark", "light"]) {
    const page = await open(server.url, {
      viewport: { width: 390, height: 844 },
      colorScheme,
    });
    await playsFrom(page, 0.1);
    const wide = await page.evaluate(
      () => document.documentElement.scrollWidth,
    );
    assert.equal(wide, 390);
    await close(page);
  }
});

test("what can be used has a name", async () => {
  const page = await open(server.url);
  await playsFrom(page, 0.1);
  const nameless = await page.$$eval("button, select, input, a", (all) =>
    all
      .filter((e) => {
        const labels = [...(e.labels ?? [])].map((l) => l.textContent);
        return !`${e.textContent}${labels.join("")}`.trim();
      })
      .map((e) => e.outerHTML),
  );
  assert.deepEqual(nameless, []);
  assert.equal(await page.getAttribute("html", "lang"), "en");
  await close(page);
});

await runAll(async () => {
  await browser.close();
  for (const child of servers) child.kill();
  rmSync(folder, { recursive: true });
});
