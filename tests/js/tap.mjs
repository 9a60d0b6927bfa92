// SPDX-License-Identifier: LGPL-2.1-or-later
// A test in Node, as meson wants to hear of it: TAP, one plan, skips said.

import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";

const tests = [];

export function test(name, run) {
  tests.push({ name, run });
}

export function findProgram(name) {
  return (process.env.PATH ?? "")
    .split(delimiter)
    .map((folder) => join(folder, name))
    .find((path) => existsSync(path));
}

export function skipAll(reason) {
  console.log(`1..0 # SKIP ${reason}`);
  process.exit(0);
}

export async function runAll(cleanUp) {
  let failed = 0;
  console.log(`1..${tests.length}`);
  for (const [index, { name, run }] of tests.entries()) {
    try {
      await run();
      console.log(`ok ${index + 1} ${name}`);
    } catch (error) {
      failed += 1;
      console.log(`not ok ${index + 1} ${name}`);
      console.log(String(error.stack ?? error).replace(/^/gm, "# "));
    }
  }
  try {
    await cleanUp();
  } catch (error) {
    failed += 1;
    console.log(`# tidying up: ${error.stack ?? error}`);
  }
  process.exit(failed ? 1 : 0);
}
