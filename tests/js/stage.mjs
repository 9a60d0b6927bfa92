// SPDX-License-Identifier: LGPL-2.1-or-later
// The stage of the player tests: a browser with a page a player, the
// launcher's own server over what was published, and the programs that publish.

import { spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

import { findProgram, skipAll } from "./tap.mjs";

const build = process.env.VS_BUILD_ROOT;
const here = dirname(fileURLToPath(import.meta.url));

// shaka-player says what it is not content with in its debug build alone.
const SCRIPTS = {
  "hls.js": "hls.js/dist/hls.js",
  "shaka-player": "shaka-player/dist/shaka-player.compiled.debug.js",
  "dash.js": "dashjs/dist/modern/umd/dash.all.min.js",
};

/** The players, each with a manifest that it takes. */
export const PLAYERS = [
  { kind: "hls.js", manifest: "multivariant.m3u8" },
  { kind: "shaka-player", manifest: "multivariant.m3u8" },
  { kind: "shaka-player", manifest: "manifest.mpd" },
  { kind: "dash.js", manifest: "manifest.mpd" },
];

// What a player says of things that are as they should be.
const REMARKS = [
  // hls.js lets go of a segment that a switch has made useless.
  () => /networkError aborted|aborted error cascading/,
  // hls.js, where the machine is late; a hole in the media reads otherwise.
  () => /Playback stalling at .* due to low buffer|[Nn]udg(e|ing)/,
  // hls.js sets the duration while a buffer is at work, is refused and says so;
  // with the next playlist it sets it again.
  () => /blocked callback InvalidStateError: .*'duration'.*'updating'/,
  // hls.js, where a seek or a switch comes while a fragment is appended.
  () => /Fragment \d+ of level \d+ finished buffering, but was aborted/,
  // shaka-player 5.2 stumbles over a rendition of which it has no segment in
  // the window; it goes on playing.
  () => /TypeError: .*\n.*setProgramDateTimeRegionsFromIndex_/,
  // dash.js, where the source's picture starts some frames after its sound.
  () => /Adjusting playback time 0\.[01]\d* because of gap in the manifest/,
  // shaka-player takes all tracks for equally long: the end of the longer.
  (said, duration) => {
    const found = /Unexpected buffered range .* end: ([\d.]+)}.* end: ([\d.]+)}/
      .exec(said);
    const isEnd = (time) => Math.abs(time - duration) < TRACKS_DIFFER_S;
    return found?.slice(1).every(isEnd) ? /./ : undefined;
  },
  // shaka-player takes a range that has lost its head meanwhile, and grows by
  // the segment, for the segment: it ends where that ends, and holds it whole.
  (said) => {
    const [start, end, from, to] =
      /Unexpected buffered range .* be {start: ([\d.]+), end: ([\d.]+)} but got {start: ([\d.]+), end: ([\d.]+)}/
        .exec(said)?.slice(1).map(Number) ?? [];
    return from < start && Math.abs(to - end) < EDGE_S ? /./ : undefined;
  },
];
const TRACKS_DIFFER_S = 0.5;
const EDGE_S = 0.03;

/** What was said on @page, but for what is @expected: somebody look into it. */
export const complaints = (page, duration, expected = []) =>
  page.complaints.filter(
    (said) => !REMARKS.some((of) => of(said, duration)?.test(said)) &&
      !expected.some((of) => of.test(said)));

const children = new Set();

/** Starts @program; done is the promise of its end and its last words. */
export function start(program, args) {
  const child = spawn(program, args, { stdio: ["pipe", "pipe", "pipe"] });
  let said = "";
  children.add(child);
  child.stderr.on("data", (text) => {
    said = (said + text).slice(-2000);
  });
  const done = new Promise((resolve) => {
    child.once("error", (error) => resolve({ code: 127, said: String(error) }));
    child.once("close", (code) => resolve({ code, said }));
  }).finally(() => children.delete(child));
  return { child, done };
}

export const launch = (args) => {
  const job = start(join(build, "launcher", "vstream-launcher"), args);
  job.child.stdout.resume();
  return job;
};

/** The launcher's server over @folder; answers with the URL of its media. */
export async function serveFolder(folder) {
  const { child, done } = start(
    join(build, "tests", "launcher", "serve-folder"), ["127.0.0.1:0", folder]);
  const line = new Promise((resolve) => {
    createInterface(child.stdout).once("line", resolve);
  });
  const url = await Promise.race([line, done]);
  if (typeof url !== "string") throw new Error(`no server: ${url.said}`);
  return `${url}media/`;
}

/** A server of the page and of the players' scripts, on a free port. */
async function servePage(files) {
  const server = createServer((request, response) => {
    const path = files[decodeURIComponent(request.url.slice(1))];
    const type = path?.endsWith(".html") ? "text/html" : "text/javascript";
    response.writeHead(path ? 200 : 404,
      { "Content-Type": `${type}; charset=utf-8` });
    response.end(path && readFileSync(path));
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return server;
}

/** A page with the script of @kind, if any, and all that the browser says
 *  against it. */
async function openPage(browser, base, kind, stepMs) {
  const page = await browser.newPage();
  page.setDefaultTimeout(stepMs);
  page.complaints = [];
  page.on("pageerror", (error) => page.complaints.push(error.message));
  page.on("console", (message) => {
    if (["error", "warning"].includes(message.type()))
      page.complaints.push(message.text());
  });
  page.on("response", (response) => {
    if (response.status() >= 400)
      page.complaints.push(`${response.status()} for ${response.url()}`);
  });
  await page.goto(`${base}/player-page.html`);
  if (kind in SCRIPTS) await page.addScriptTag({ url: `${base}/${kind}` });
  return page;
}

/** Opens the browser, or skips the whole test and says why. */
export async function openStage(stepMs) {
  const browserPath =
    findProgram("chromium-headless-shell") ?? findProgram("chromium");
  if (!browserPath) skipAll("chromium-headless-shell is not installed");
  const playwright = await import("playwright-core").catch(() => undefined);
  const files = Object.fromEntries(Object.entries(SCRIPTS)
    .map(([kind, name]) => [kind, join(here, "node_modules", name)]));
  if (!playwright || !Object.values(files).every((path) => existsSync(path)))
    skipAll("npm ci has not been run in tests/js");
  for (const name of ["player-page.html", "player-page.js"])
    files[name] = join(here, name);
  const server = await servePage(files);
  const browser = await playwright.chromium.launch({
    executablePath: browserPath,
    args: ["--no-sandbox", "--autoplay-policy=no-user-gesture-required"],
  });
  const base = `http://127.0.0.1:${server.address().port}`;
  return {
    open: (kind) => openPage(browser, base, kind, stepMs),
    close: async () => {
      const ends = [...children].map(
        (child) => child.exitCode ?? new Promise((resolve) => {
          child.once("close", resolve);
          child.kill("SIGKILL");
        }));
      await Promise.all(ends);
      await browser.close();
      server.close();
    },
  };
}

/** @promise, or an error where it takes longer. */
export function within(ms, what, promise) {
  let timer;
  const late = new Promise((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`${what} took ${ms} ms`)), ms);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

export const look = (page) => page.evaluate(() => window.stage.look());

/** Waits in the page; where it is in vain, the error says what there was. */
export async function until(page, what, condition, value) {
  try {
    await page.waitForFunction(condition, value);
  } catch (error) {
    throw new Error(`${what}: ${error.message.split("\n")[0]} ` +
      `${JSON.stringify(await look(page))} ${page.complaints.join("; ")}`);
  }
}

export const playsPast = (page, seconds) =>
  until(page, `playing past ${seconds} s`, (from) => {
    const { video } = window.stage;
    return !video.paused && video.currentTime > from && video.readyState > 2;
  }, seconds);

export const seek = (page, seconds) =>
  page.evaluate((to) => {
    window.stage.video.currentTime = to;
  }, seconds);

export const setRate = (page, rate) =>
  page.evaluate((to) => {
    window.stage.video.playbackRate = to;
  }, rate);

/**
 * Switches to the smallest rendition and back to the largest: @smoothly down,
 * with what is in the buffer played out, and up at once.
 */
export async function switchDownAndUp(page, smoothly) {
  const sizes = await page.evaluate(() => window.stage.sizes());
  if (new Set(sizes).size < 2) return;
  for (const [height, now] of [[Math.min(...sizes), !smoothly],
                               [Math.max(...sizes), true]]) {
    await page.evaluate(([h, n]) => window.stage.pick(h, n), [height, now]);
    await until(page, `switching to ${height} lines`,
      (wanted) => window.stage.video.videoHeight === wanted, height);
  }
}

/** Loads and plays, or says what the player says. */
export const startPlayer = (page, kind, url, stepMs) =>
  within(stepMs, "loading",
    page.evaluate((args) => window.stage.start(...args), [kind, url]));
