// SPDX-License-Identifier: LGPL-2.1-or-later
// The browser of the tests of the service's page. Each page fails its test on
// anything that the browser complains about, the policy above all.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

import { findProgram, skipAll } from "./tap.mjs";

export const STEP_MS = 30_000;
const require = createRequire(import.meta.url);

export async function openBrowser() {
  const executablePath =
    findProgram("chromium-headless-shell") ?? findProgram("chromium");
  if (!executablePath) skipAll("chromium-headless-shell is not installed");
  const playwright = await import("playwright-core").catch(() => undefined);
  if (!playwright) skipAll("npm ci has not been run in tests/js");
  if (!findProgram("ffmpeg")) skipAll("ffmpeg is not installed");
  return playwright.chromium.launch({
    executablePath,
    args: ["--no-sandbox", "--autoplay-policy=no-user-gesture-required"],
  });
}

/** @expected: complaints that belong to the test. */
export async function openPage(browser, url, options = {}) {
  const context = await browser.newContext({
    viewport: { width: 1440, height: 900 },
    ...options,
  });
  const page = await context.newPage();
  page.setDefaultTimeout(STEP_MS);
  page.complaints = [];
  page.on("pageerror", (error) => page.complaints.push(error.message));
  page.on("console", (message) => {
    if (message.type() === "error") page.complaints.push(message.text());
  });
  page.on("dialog", (dialog) => {
    page.complaints.push(`dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  await page.goto(url);
  await page.waitForSelector("main h1, main .empty");
  return page;
}

export async function closePage(page, expected = /^$/) {
  const complaints = page.complaints.filter((said) => !expected.test(said));
  assert.deepEqual(complaints, []);
  await page.context().close();
}

const axe = () => readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");

/** What axe-core finds wrong, one line each. It comes in past the policy. */
export async function findBarriers(page) {
  if (!(await page.evaluate(() => "axe" in window)))
    await page.evaluate(axe());
  return page.evaluate(async () => {
    const { violations } = await window.axe.run(document, {
      runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"],
    });
    return violations.flatMap((v) =>
      v.nodes.map((n) => `${v.id}: ${n.html.slice(0, 160)} ${n.failureSummary}`));
  });
}

export async function playsFrom(page, seconds) {
  await page.waitForFunction((from) => {
    const video = window.vstream?.video;
    return video && !video.paused && video.currentTime > from &&
      video.readyState > 2;
  }, seconds);
}

/** Each view of the page fits its width, and axe-core has nothing to say. */
export async function checkViews(page, views) {
  for (const view of views) {
    await page.evaluate((hash) => {
      location.hash = hash;
    }, view);
    await page.waitForSelector("main h1");
    const { scrollWidth, clientWidth } = await page.evaluate(() => ({
      scrollWidth: document.documentElement.scrollWidth,
      clientWidth: document.documentElement.clientWidth,
    }));
    assert.ok(scrollWidth <= clientWidth, `${view}: ${scrollWidth} px wide`);
    assert.deepEqual(await findBarriers(page), [], view);
  }
}
