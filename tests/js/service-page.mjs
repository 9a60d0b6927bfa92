// SPDX-License-Identifier: LGPL-2.1-or-later
// The page of the service in a headless browser: library, jobs, player; with a
// token, by keyboard, on a phone, and while the service is away.

import assert from "node:assert/strict";

import { Service } from "./service.mjs";
import {
  checkViews, closePage, findBarriers, openBrowser, openPage, playsFrom,
} from "./service-stage.mjs";
import { runAll, skipAll, test } from "./tap.mjs";

const HOSTILE = "<img src=x onerror=alert(1)>\u202e.mp4";
const VIEWS = ["#/library", "#/jobs"];

const browser = await openBrowser();
const service = new Service();
service.makeClip("film.mp4", 10);
service.makeClip(HOSTILE, 1);
service.write("broken.mp4", Buffer.alloc(5000));
await service.start();
const index = await fetch(service.url).then((reply) => reply.text());
if (!index.includes("/assets/service-")) {
  await browser.close();
  await service.close();
  skipAll("the page was built without players");
}
const open = (options) => openPage(browser, service.url, options);
const card = (title) => `.card:has-text("${title}")`;

async function addByAddress(page, address) {
  await page.click("text=By address");
  await page.fill("text=Address of a film", address);
  await page.click("button:text-is('Add')");
}

test("an empty service says what it is for", async () => {
  const page = await open();
  await page.waitForSelector("text=Nothing is here yet");
  await page.waitForSelector("text=Connected");
  assert.deepEqual(await findBarriers(page), []);
  await page.click("nav >> text=Jobs");
  await page.waitForSelector("text=No job yet");
  await closePage(page);
});

test("a film is added by address, prepared, and plays as HLS and DASH", async () => {
  const page = await open();
  await addByAddress(page, service.urlOf("film.mp4"));
  await page.click(`${card("film.mp4")}[data-state=ready] h2 a`);
  await playsFrom(page, 0.5);
  await page.click("text=Statistics");
  await page.waitForSelector(".meters >> text=hls.js");
  await page.waitForSelector(".meters >> text=/\\d+ × \\d+/");
  await page.selectOption("text=Quality", { index: 2 });
  await page.waitForFunction(() => window.vstream.video.videoHeight === 90);
  await page.click("text=DASH");
  await page.waitForFunction(() => window.vstream.theatre.kind === "dash");
  await playsFrom(page, 0.2);
  await page.waitForSelector(".meters >> text=shaka-player");
  await page.evaluate(() => {
    window.vstream.video.currentTime = 9;
  });
  await page.waitForFunction(() => window.vstream.video.ended);
  assert.deepEqual(await findBarriers(page), []);
  await closePage(page);
});

test("progress is seen, and a job is canceled and tried again", async () => {
  const page = await open();
  // Hours, so that no machine is through before it has been looked at.
  await service.ask("POST", "/v1/assets",
    { input: { url: "testsrc:?duration=9h" }, preset: "vod", title: "Long" });
  await page.waitForSelector(`${card("Long")} progress[value]`);
  await page.click("nav >> text=Jobs");
  const job = page.locator(".job", { hasText: "Long" });
  await job.locator("text=/\\d+ %.*×/").waitFor();
  await job.getByRole("button", { name: "Cancel" }).click();
  await job.locator(".mark >> text=Canceled").waitFor();
  await job.getByRole("button", { name: "Retry" }).click();
  await job.locator("text=Running").waitFor();
  await job.getByRole("button", { name: "Log" }).click();
  await job.locator("pre:not(:empty)").waitFor();
  await job.getByRole("button", { name: "Cancel" }).click();
  await job.locator(".mark >> text=Canceled").waitFor();
  await job.getByRole("button", { name: "Delete" }).click();
  await page.click("dialog button:text-is('Delete')");
  await job.waitFor({ state: "detached" });
  await closePage(page);
});

test("failures are told in words", async () => {
  const page = await open();
  await addByAddress(page, service.urlOf("broken.mp4"));
  const reason = await page.textContent(`${card("broken.mp4")} .reason`);
  assert.match(reason, /not media that can be read/);
  await page.click(`${card("broken.mp4")} >> text=Log`);
  await page.waitForSelector("pre:has-text('broken.mp4')");
  // Refused by the service before there is a job: its own sentence.
  await page.click("nav >> text=Library");
  await addByAddress(page, "ftp://example.org/film.mp4");
  await page.waitForSelector(".toast[data-bad=true] >> text=/ftp/");
  await closePage(page, /422/);
});

test("hostile titles are text", async () => {
  const page = await open();
  await service.add(HOSTILE);
  const title = page.locator(".card .title", { hasText: "<img src=x" });
  await title.locator("a").waitFor();
  await title.locator("a").click();
  await playsFrom(page, 0.1);
  assert.equal(await page.locator("main img[src=x]").count(), 0);
  await closePage(page);
});

test("a film is deleted after a question, by keyboard alone", async () => {
  const page = await open();
  await page.locator(card("film.mp4")).waitFor();
  const button = page.getByRole("button", { name: "Delete film.mp4" });
  await button.focus();
  await page.keyboard.press("Enter");
  await page.waitForSelector("dialog:has-text('cannot be undone')");
  assert.deepEqual(await findBarriers(page), []);
  await page.keyboard.press("Escape");
  await page.waitForSelector("dialog", { state: "detached" });
  assert.ok(await button.evaluate((b) => b === document.activeElement));
  await page.keyboard.press("Enter");
  await page.waitForSelector("dialog:focus-within");
  await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  await page.locator(card("film.mp4")).waitFor({ state: "detached" });
  const { data } = await service.ask("GET", "/v1/assets");
  assert.ok(!data.some((asset) => asset.input.url.endsWith("film.mp4")));
  await closePage(page);
});

test("the keyboard reaches everything, and it is seen where it is", async () => {
  const page = await open();
  await page.waitForSelector(card("broken.mp4"));
  const wanted = await page.$$eval("a[href], button, select", (all) =>
    all.filter((e) => e.tabIndex >= 0 && !e.disabled).length);
  const seen = new Set();
  for (let i = 0; i < wanted; i++) {
    await page.keyboard.press("Tab");
    const at = await page.evaluate(() => {
      const e = document.activeElement;
      return { html: e.outerHTML, outline: getComputedStyle(e).outlineStyle };
    });
    assert.equal(at.outline, "solid", at.html);
    seen.add(at.html);
  }
  assert.equal(seen.size, wanted);
  await page.keyboard.press("Tab"); // out of the page, and in again
  await page.keyboard.press("Tab");
  await page.keyboard.press("Enter"); // the link past the header
  assert.equal(await page.evaluate(() => document.activeElement.id), "main");
  await closePage(page);
});

for (const [width, colorScheme] of
  [[390, "dark"], [390, "light"], [1440, "light"], [2200, "dark"]]) {
  test(`all views fit ${width} pixels, ${colorScheme}`, async () => {
    const page = await open({ viewport: { width, height: 844 }, colorScheme,
      reducedMotion: "reduce" });
    await page.waitForSelector(card("broken.mp4"));
    await checkViews(page, VIEWS);
    await closePage(page);
  });
}

test("a service that was away is heard again", async () => {
  const page = await open();
  await page.waitForSelector("text=Connected");
  await service.stop();
  await page.waitForSelector("text=Connection lost");
  await service.start();
  await page.waitForSelector("text=Connected");
  await service.add("film.mp4");
  await page.waitForSelector(`${card("film.mp4")}[data-state=ready]`);
  await closePage(page, /ERR_|Failed to load/);
});

test("a service with tokens asks for one, and keeps it for the tab", async () => {
  const guarded = new Service();
  const token = /\S{20,}/.exec(guarded.run("token", "create", "page"))[0];
  await guarded.start();
  const page = await openPage(browser, guarded.url);
  await page.waitForSelector("text=asks for a token");
  assert.deepEqual(await findBarriers(page), []);
  await page.fill("input[type=password]", "not-the-one");
  await page.keyboard.press("Enter");
  await page.waitForSelector("text=does not know this token");
  await page.fill("input[type=password]", token);
  await page.keyboard.press("Enter");
  await page.waitForSelector("text=Nothing is here yet");
  await page.waitForSelector("text=Connected");
  await page.reload();
  await page.waitForSelector("text=Nothing is here yet");
  assert.equal(await page.evaluate(() => localStorage.length), 0);
  await closePage(page, /401/);
  await guarded.close();
});

await runAll(async () => {
  await browser.close();
  await service.close();
});
