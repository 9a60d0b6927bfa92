// SPDX-License-Identifier: LGPL-2.1-or-later
// All files on their way: a few at once, the others wait for their turn.

import { defaultOptions, type PreviousUpload } from "tus-js-client";

import { ask } from "./api";
import { guard } from "./data";
import { store } from "./store";
import { Upload } from "./upload";

const AT_ONCE = 3;
/** One that has become an asset is seen in the library. */
const LINGER_MS = 2500;

class Uploads {
  list: Upload[] = [];
  /** Of an earlier visit: the page has lost the files, not what was sent. */
  earlier: PreviousUpload[] = [];

  private count = 0;

  constructor() {
    window.addEventListener("online", () => {
      for (const upload of this.list)
        if (upload.state === "broken") void upload.start();
    });
  }

  add(files: Iterable<File>, preset: string): void {
    for (const file of files) {
      const upload = new Upload(++this.count, file, preset, () =>
        this.changed(upload),
      );
      this.list.push(upload);
    }
    this.turn();
  }

  async cancel(upload: Upload): Promise<void> {
    this.list = this.list.filter((one) => one !== upload);
    this.turn();
    await upload.cancel();
    await this.readEarlier();
  }

  async readEarlier(): Promise<void> {
    const all = (await defaultOptions.urlStorage?.findAllUploads()) ?? [];
    const mine = new Set(
      this.list.map((one) => `${one.file.name} ${one.size}`),
    );
    this.earlier = all.filter(
      (one) => !mine.has(`${one.metadata["filename"]} ${one.size}`),
    );
    store.touch();
  }

  async forget(earlier: PreviousUpload): Promise<void> {
    const { uploadUrl } = earlier;
    if (uploadUrl)
      await ask("DELETE", new URL(uploadUrl, location.href).pathname,
        undefined, { "Tus-Resumable": "1.0.0" }).catch(() => undefined);
    await guard(async () =>
      defaultOptions.urlStorage?.removeUpload(earlier.urlStorageKey));
    await this.readEarlier();
  }

  private changed(upload: Upload): void {
    if (upload.state === "done" && this.list.includes(upload)) {
      store.say(`${upload.file.name} is uploaded.`);
      window.setTimeout(() => {
        this.list = this.list.filter((one) => one !== upload);
        store.touch();
      }, LINGER_MS);
    }
    this.turn();
  }

  private turn(): void {
    // One that starts says so, and so this comes here again before it returns.
    for (const upload of this.list) {
      const active = this.list.filter((one) => one.isActive).length;
      if (upload.state === "waiting" && active < AT_ONCE) void upload.start();
    }
    this.earlier = this.earlier.filter(
      (one) => !this.list.some((upload) =>
        upload.file.name === one.metadata["filename"] &&
        upload.size === one.size),
    );
    store.touch();
  }
}

export const uploads = new Uploads();
