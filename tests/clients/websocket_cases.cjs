// SPDX-License-Identifier: MIT
// websocket_cases.cjs URL TABLE: run the cases of TABLE with the ws package; prints the events of each.
const fs = require("node:fs");
const WebSocket = require("ws");

const [url, table] = process.argv.slice(2);
const hex = (text) => Buffer.from(text, "utf8").toString("hex");

function eventOf(text) {
  const got = JSON.parse(text);
  if (got.type === "welcome") return [];
  return [got.type === "pong" ? `echo:${hex(got.id)}` : got.type];
}

function run(one) {
  return new Promise((resolve, reject) => {
    const events = [], client = new WebSocket(url + "case");
    const write = (data) => client._socket?.write(Buffer.from(data, "hex"));
    const hear = (...more) => {
      events.push(...more);
      if (more.length && events.length === one.expects.length - 1) write(one.close);
    };
    client.on("message", (data) => hear(...eventOf(data.toString())));
    client.on("pong", (data) => hear(`pong:${data.toString("hex")}`));
    client.on("close", (code) => resolve([...events, `close:${code}`]));
    client.on("error", (error) => { if (client.readyState === WebSocket.CONNECTING) reject(error); });
    client.on("open", () => {
      if (client.extensions) reject(new Error(`an extension that is not there: ${client.extensions}`));
      // Past the client, which would never write such frames.
      client._socket.setNoDelay(true);
      one.sends.forEach(write);
      if (one.expects.length === 1) write(one.close);
    });
  });
}

(async () => {
  const results = [];
  for (const one of JSON.parse(fs.readFileSync(table, "utf8"))) results.push(await run(one));
  console.log(JSON.stringify(results));
})().catch((error) => { console.error(error); process.exit(1); });
