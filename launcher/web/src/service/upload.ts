// SPDX-License-Identifier: LGPL-2.1-or-later
// One file on its way to the service: sent by the tus protocol, which goes on
// where it broke, then made an asset.

import { Upload as TusUpload, type DetailedError } from "tus-js-client";

import { authorization, inWords, readProblem, reportRefusal } from "./api";
import { createAsset } from "./data";

export const ENDPOINT = "/v1/uploads";
const RETRY_MS = [0, 1000, 3000, 5000, 10_000];
/** The rate is that of the last seconds. */
const RATE_WINDOW_MS = 4000;

export type UploadState =
  | "waiting"
  | "sending"
  | "paused"
  | "broken" // no connection; goes on with it, or when asked to
  | "adding"
  | "done"
  | "failed";

function isDetailed(error: Error): error is DetailedError {
  return "originalRequest" in error;
}

/** tus-js-client says all it knows in one line; a person wants less. */
function describe(error: Error): { text: string; lost: boolean } {
  if (!isDetailed(error)) return { text: error.message, lost: false };
  const reply = error.originalResponse;
  const status = reply?.getStatus() ?? 0;
  if (!reply || status === 0)
    return { text: "The connection was lost.", lost: true };
  reportRefusal(status);
  return { text: readProblem(status, reply.getBody()).message, lost: false };
}

export class Upload {
  state: UploadState = "waiting";
  sent = 0;
  error = "";
  assetId = "";

  private tus: TusUpload;
  private marks: [number, number][] = [];
  private storageKey = "";
  private gone = false;

  constructor(
    readonly id: number,
    readonly file: File,
    readonly preset: string,
    private readonly onChange: () => void,
  ) {
    this.tus = new TusUpload(file, {
      endpoint: ENDPOINT,
      metadata: { filename: file.name, filetype: file.type },
      retryDelays: RETRY_MS,
      // Until there is an asset: a page that is closed in between goes on.
      removeFingerprintOnSuccess: false,
      onBeforeRequest: (request) => {
        for (const [name, value] of Object.entries(authorization()))
          request.setHeader(name, value);
      },
      onShouldRetry: (error) => this.willRetry(error),
      onProgress: (sent) => this.note(sent),
      onError: (error) => this.fail(error),
      onSuccess: () => void this.finish(),
      onUploadUrlAvailable: () => this.remember(),
    });
  }

  get size(): number {
    return this.file.size;
  }

  /** Bytes a second; undefined where it cannot be told. */
  get rate(): number | undefined {
    const first = this.marks[0];
    const last = this.marks[this.marks.length - 1];
    if (this.state !== "sending" || !first || !last) return undefined;
    const seconds = (last[0] - first[0]) / 1000;
    return seconds > 0.5 ? (last[1] - first[1]) / seconds : undefined;
  }

  get left(): number | undefined {
    return this.rate ? (this.size - this.sent) / this.rate : undefined;
  }

  get isActive(): boolean {
    return this.state === "sending" || this.state === "adding";
  }

  /** Goes on with what is there of an earlier attempt, or begins. */
  async start(): Promise<void> {
    this.change("sending");
    this.marks = [];
    if (!this.tus.url) {
      const [earlier] = await this.tus.findPreviousUploads();
      if (earlier) this.tus.resumeFromPreviousUpload(earlier);
      if (this.state !== "sending") return; // paused meanwhile
    }
    this.tus.start();
  }

  async pause(): Promise<void> {
    this.change("paused");
    await this.tus.abort();
  }

  /** The service forgets what it has got. */
  async cancel(): Promise<void> {
    this.gone = true;
    const known = this.tus.url !== null;
    await this.tus.abort(known).catch(() => undefined);
    await this.forget();
  }

  private change(state: UploadState): void {
    this.state = state;
    this.error = "";
    this.onChange();
  }

  /** What passes is tried again; a refusal is final, and without a network
   * there is no use. */
  private willRetry(error: Error): boolean {
    const status = isDetailed(error)
      ? error.originalResponse?.getStatus() ?? 0
      : 0;
    const passes = status < 400 || status >= 500 || [409, 423].includes(status);
    if (!passes || !navigator.onLine || this.gone) return false;
    this.marks = [];
    this.error = `${describe(error).text} Trying again.`;
    this.onChange();
    return true;
  }

  private note(sent: number): void {
    const now = Date.now();
    this.error = "";
    this.sent = sent;
    this.marks.push([now, sent]);
    while (this.marks.length > 2 && now - (this.marks[0]?.[0] ?? 0) > RATE_WINDOW_MS)
      this.marks.shift();
    this.onChange();
  }

  private fail(error: Error): void {
    if (this.gone) return;
    const { text, lost } = describe(error);
    this.change(lost ? "broken" : "failed");
    this.error = text;
    this.onChange();
  }

  private remember(): void {
    void this.tus.findPreviousUploads().then((all) => {
      const mine = all.find((one) => one.uploadUrl === this.tus.url);
      if (mine) this.storageKey = mine.urlStorageKey;
    });
  }

  private async forget(): Promise<void> {
    if (this.storageKey)
      await this.tus.options.urlStorage?.removeUpload(this.storageKey);
  }

  private async finish(): Promise<void> {
    this.sent = this.size;
    this.change("adding");
    const upload = (this.tus.url ?? "").replace(/^.*\//, "");
    try {
      const asset = await createAsset(
        { input: { upload }, preset: this.preset },
        upload,
      );
      this.assetId = asset.id;
      await this.forget();
      this.change("done");
    } catch (error) {
      this.change("failed");
      this.error = inWords(error);
      this.onChange();
    }
  }
}
