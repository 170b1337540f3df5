// SPDX-License-Identifier: MIT
// The page's way to its server: HTTP, and a WebSocket for what happens meanwhile.
let key = sessionStorage.getItem("ape-key") || "";
let askForKey = null;

export function onKeyWanted(callback) { askForKey = callback; }
export function setKey(value) {
  key = value;
  sessionStorage.setItem("ape-key", value);
}

export async function call(path, { method = "GET", body, headers = {} } = {}) {
  const response = await fetch(path, {
    method,
    headers: {
      ...(key ? { Authorization: `Bearer ${key}` } : {}),
      ...(body ? { "Content-Type": "application/json" } : {}),
      ...headers,
    },
    body: body ? JSON.stringify(body) : undefined,
  });
  if (response.status === 401 && askForKey) {
    await askForKey();
    return call(path, { method, body, headers });
  }
  return response;
}

export async function get(path) {
  const response = await call(path);
  const value = await response.json();
  if (!response.ok && !value.checks) throw value;
  return value;
}

/** Ask and hear stages over server-sent events. @return the answer, or throws a problem. */
export async function askByEvents(body, onStage) {
  const response = await call("/api/query", { method: "POST", body, headers: { Accept: "text/event-stream" } });
  if (!response.ok) throw await response.json();
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let text = "", result = null;
  for (;;) {
    const { value, done } = await reader.read();
    if (done) break;
    text += value;
    const events = text.split("\n\n");
    text = events.pop();
    for (const event of events) {
      const name = /^event: (.*)$/m.exec(event)?.[1], data = JSON.parse(/^data: (.*)$/m.exec(event)[1]);
      if (name === "stage") onStage(data);
      if (name === "answer") result = data;
      if (name === "error") throw data;
    }
  }
  if (!result) throw { detail: null };
  return result;
}

/** A WebSocket that comes back by itself and resumes where it was. */
export class Live {
  constructor(onState, onEvent) {
    this.onState = onState;
    this.onEvent = onEvent;
    this.position = null;
    this.wait = 500;
    this.ready = false;
    this.id = sessionStorage.getItem("ape-client") || `page-${crypto.getRandomValues(new Uint32Array(2)).join("-")}`;
    sessionStorage.setItem("ape-client", this.id);
    this.connect();
  }

  async connect() {
    const protocols = ["ape.v1"];
    try {
      if (key) protocols.push(`ape.bearer.${(await (await call("/api/tokens", { method: "POST" })).json()).token}`);
      const scheme = location.protocol === "https:" ? "wss" : "ws";
      this.socket = new WebSocket(`${scheme}://${location.host}/ws/${this.id}`, protocols);
    } catch { return this.again(); }
    this.socket.onmessage = (event) => this.hear(JSON.parse(event.data));
    this.socket.onclose = () => this.again();
  }

  hear(message) {
    if (message.type === "welcome") {
      this.wait = 500;
      this.say({ type: "subscribe", channel: "queries", ...(this.position ? { since: this.position } : {}) });
    } else if (message.type === "subscribed") {
      this.ready = true;
      this.onState(true);
    } else if (message.type === "message") {
      if (message.offset) this.position = { epoch: message.epoch, offset: message.offset };
      this.onEvent(message.data);
    }
  }

  say(message) { this.socket.send(JSON.stringify(message)); }

  again() {
    this.ready = false;
    this.onState(false);
    setTimeout(() => this.connect(), this.wait * (0.5 + Math.random()));
    this.wait = Math.min(this.wait * 2, 30000);
  }
}
