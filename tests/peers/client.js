// Node's ws against the echo: messages of all lengths, a ping, a bad frame, a close.
const assert = require("node:assert");
const { once } = require("node:events");
const WebSocket = require("ws");

const address = process.argv[2];
const next = (socket, event) => once(socket, event); // rejects on "error"

async function main() {
  const socket = new WebSocket(`ws://${address}/ws`, { perMessageDeflate: false });
  await next(socket, "open");
  for (const size of [0, 1, 125, 126, 65535, 65536, 1 << 20]) {
    const data = Buffer.alloc(size, "é");
    socket.send(data);
    const [echo, binary] = await next(socket, "message");
    assert(binary && data.equals(echo), `${size} bytes came back otherwise`);
  }
  console.log("Node's ws gets messages of 0 B to 1 MiB back");

  socket.send("in ", { fin: false });
  socket.ping("between");
  socket.send("fragments", { fin: true });
  const [[pong], [text]] = await Promise.all([next(socket, "pong"), next(socket, "message")]);
  assert.equal(pong.toString(), "between");
  assert.equal(text.toString(), "in fragments");
  console.log("Node's ws gets a pong in the middle of a fragmented message");

  socket.close(4000, "enough");
  const [code] = await next(socket, "close");
  assert.equal(code, 4000);
  console.log("Node's ws sees its close echoed");

  const bad = new WebSocket(`ws://${address}/ws`, { perMessageDeflate: false });
  await next(bad, "open");
  bad._socket.write(Buffer.from([0x81, 0x81, 0, 0, 0, 0, 0xff])); // a text that is not UTF-8
  const [why] = await next(bad, "close");
  assert.equal(why, 1007);
  console.log("Node's ws is told 1007 for what is not UTF-8");
}

main().catch(error => {
  console.error(error);
  process.exit(1);
});
