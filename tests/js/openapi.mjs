// SPDX-License-Identifier: LGPL-2.1-or-later
// openapi.json is an OpenAPI 3.1 document, as a validator of others judges.
//
// openapi.mjs FILE

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";

import { Validator } from "@seriousme/openapi-schema-validator";

import { runAll, test } from "./tap.mjs";

const document = JSON.parse(readFileSync(process.argv[2], "utf8"));
const validate = (what) => new Validator().validate(structuredClone(what));

test("the document is valid", async () => {
  const { valid, errors } = await validate(document);
  assert.ok(valid, JSON.stringify(errors, null, 1));
});

test("one that is not is found", async () => {
  const broken = structuredClone(document);
  broken.paths["/v1/jobs"].get.parameters[0].in = "nowhere";
  assert.ok(!(await validate(broken)).valid);
});

test("every reference leads somewhere", () => {
  const follow = (path) => path.slice(2).split("/").reduce(
    (node, part) => node?.[part], document);
  const look = (node) => {
    if (!node || typeof node !== "object") return;
    if (node.$ref) assert.ok(follow(node.$ref), node.$ref);
    Object.values(node).forEach(look);
  };
  look(document);
});

test("operations have names of their own", () => {
  const methods = /^(get|put|post|delete|options|head|patch|trace)$/;
  const names = Object.values(document.paths).flatMap(
    (path) => Object.entries(path).filter(([name]) => methods.test(name))
      .map(([, one]) => one.operationId));
  assert.ok(names.every(Boolean));
  assert.equal(new Set(names).size, names.length);
});

await runAll(() => {});
