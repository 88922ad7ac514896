// Node's ws as an echo; to a text "close" it closes. Prints its address.
const { WebSocketServer } = require("ws");

const server = new WebSocketServer({ host: "127.0.0.1", port: 0, perMessageDeflate: false });
server.on("listening", () => console.log(`127.0.0.1:${server.address().port}`));
server.on("connection", socket => {
  socket.on("message", (data, binary) => {
    if (!binary && data.toString() === "close") socket.close(4001, "asked");
    else socket.send(data, { binary });
  });
  socket.on("error", error => {
    console.error(error);
    process.exit(1);
  });
});
