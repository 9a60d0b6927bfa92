// SPDX-License-Identifier: LGPL-2.1-or-later
// The page of the service without players: what there is, as links.
"use strict";

async function show() {
  const state = document.getElementById("state");
  const reply = await fetch("/v1/assets?limit=500");
  const answer = await reply.json();
  if (!reply.ok) {
    state.textContent = answer.detail;
    return;
  }
  const items = answer.data.map((asset) => {
    const item = document.createElement("li");
    const link = document.createElement(asset.play_url ? "a" : "span");
    if (asset.play_url) link.href = asset.play_url;
    link.textContent = asset.title || asset.input.url || asset.id;
    item.append(link, ` (${asset.error ? asset.error.message : asset.state})`);
    return item;
  });
  document.getElementById("films").replaceChildren(...items);
  state.textContent = items.length ? "" : "Nothing yet.";
}

show();
