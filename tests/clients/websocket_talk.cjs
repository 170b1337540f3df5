// SPDX-License-Identifier: MIT
// websocket_talk.cjs URL HTTP-URL: subscribe with the ws package, ask, print what was told.
const WebSocket = require("ws");

const [url, http] = process.argv.slice(2);
const client = new WebSocket(url + "talk-ws", ["ape.v1"]);
const told = [];

client.on("error", (error) => { console.error(error); process.exit(1); });
client.on("message", async (data) => {
  const message = JSON.parse(data.toString());
  if (message.type === "welcome") client.send(JSON.stringify({ type: "subscribe", channel: "queries" }));
  if (message.type === "subscribed") {
    await fetch(`${http}/api/query`, { method: "POST", headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ query: "Max drawdown of MSFT in 2022" }) });
  }
  if (message.type === "message") {
    told.push(message.data.stage ?? message.data.type);
    if (!message.data.stage) {
      console.log(JSON.stringify(told));
      client.close();
    }
  }
});
