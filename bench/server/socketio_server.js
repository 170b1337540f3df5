// SPDX-License-Identifier: MIT
// socketio_server.js PORT: everybody is in one room; a client's "go" [count, burst, pause] begins.
const { Server } = require(process.env.SOCKET_IO);
const io = new Server(Number(process.argv[2]), { transports: ["websocket"], perMessageDeflate: false });

io.on("connection", (socket) => {
  socket.join("all");
  socket.on("go", (count, burst, pause) => {
    let n = 0;
    const timer = setInterval(() => {
      for (let i = 0; i < burst && n < count; i++, n++) {
        const head = `{"n":${n},"x":"`;
        io.to("all").emit("m", head + "x".repeat(98 - head.length) + '"}');
      }
      if (n >= count) clearInterval(timer);
    }, pause);
  });
});
