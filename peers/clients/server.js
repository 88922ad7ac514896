// Node's ws as echoes, one for each way to compress; to a text "close" they close.
//
// At /greet they speak first, and close. Prints the address of each, and of what kind it is.
const { once } = require("node:events");
const { WebSocketServer } = require("ws");

// What is agreed to: the windows are this server's and the client's.
const TERMS = [
  false,
  {},
  { serverMaxWindowBits: 9, clientMaxWindowBits: 12 },
  { serverMaxWindowBits: 12, clientMaxWindowBits: 9 },
  { serverNoContextTakeover: true, clientNoContextTakeover: true },
];

function talk(socket, request) {
  socket.on("error", error => {
    console.error(error);
    process.exit(1);
  });
  if (request.url === "/greet") {
    socket.send("welcome");
    socket.close(4002, "goodbye");
    return;
  }
  socket.on("message", (data, binary) => {
    if (!binary && data.toString() === "close") socket.close(4001, "asked");
    else socket.send(data, { binary });
  });
}

async function main() {
  for (const terms of TERMS) {
    const perMessageDeflate = terms && { threshold: 0, ...terms };
    const server = new WebSocketServer({ host: "127.0.0.1", port: 0, perMessageDeflate });
    server.on("connection", talk);
    await once(server, "listening");
    const kind = !terms ? "plain" : Object.keys(terms).length ? "deflate" : "any";
    console.log(`127.0.0.1:${server.address().port}`, kind);
  }
}

main();
