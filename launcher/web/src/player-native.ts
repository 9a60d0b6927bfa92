// SPDX-License-Identifier: LGPL-2.1-or-later
// HLS by the browser itself, where there are no media source extensions.

import { Trouble, type Player, type PlayerListener } from "./player";

export function createNative(
  video: HTMLVideoElement,
  url: string,
  listener: PlayerListener,
): Player {
  const onError = () =>
    listener.onError(
      new Trouble(
        video.error?.message || "This browser cannot play the stream.",
        video.error?.code === MediaError.MEDIA_ERR_NETWORK,
      ),
    );
  const onChange = () => listener.onChange();

  video.addEventListener("error", onError);
  video.addEventListener("resize", onChange);
  video.src = url;
  return {
    name: "the browser’s own player",
    qualities: () => [],
    select: () => undefined,
    playing: () => undefined,
    latency: () => undefined,
    async destroy() {
      video.removeEventListener("error", onError);
      video.removeEventListener("resize", onChange);
      video.removeAttribute("src");
      video.load();
    },
  };
}
