// SPDX-License-Identifier: LGPL-2.1-or-later
// The page of the service.

import { render } from "preact";

import { whenRefused } from "./api";
import { App } from "./app";
import { listen } from "./live";
import { store } from "./store";
import { uploads } from "./uploads";

whenRefused(() => {
  store.tokenWanted = true;
  store.touch();
});
const root = document.getElementById("app");
if (root) render(<App />, root);
listen();
void uploads.readEarlier();
