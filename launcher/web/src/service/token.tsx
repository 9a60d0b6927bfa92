// SPDX-License-Identifier: LGPL-2.1-or-later
// Asks for a token where the service wants one.

import { useState } from "preact/hooks";

import { getToken, setToken } from "./api";
import { listen } from "./live";
import { Field } from "./parts";
import { store } from "./store";

export function TokenField() {
  const [token, write] = useState("");
  const refused = getToken() !== "";
  return (
    <form
      class="panel narrow"
      onSubmit={(event) => {
        event.preventDefault();
        setToken(token.trim());
        store.clear();
        store.tokenWanted = false;
        listen();
      }}
    >
      <h1>This service asks for a token</h1>
      <p class="quiet">
        Whoever runs it makes one with <code>vstream-launcher token create
        NAME</code>. This page keeps it until the tab is closed.
      </p>
      {refused && (
        <p class="wrong" role="alert">
          The service does not know this token, or it may not do this.
        </p>
      )}
      <Field label="Token" value={token} onInput={write} secret required />
      <div class="buttons">
        <button type="submit" class="main">Go on</button>
      </div>
    </form>
  );
}
