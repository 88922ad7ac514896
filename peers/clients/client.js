// Node's ws against the echo: messages of all lengths, a ping, a bad frame, closes.
//
// client.js ADDRESS [deflate]: with "deflate" the echo compresses, and each way to agree on that is
// gone through.
const assert = require("node:assert");
const { randomBytes } = require("node:crypto");
const { once } = require("node:events");
const WebSocket = require("ws");

const address = process.argv[2];
const next = (socket, event) => once(socket, event); // rejects on "error"

// What is asked for: the windows are the server's and this client's.
const OFFERS = [
  {},
  { serverMaxWindowBits: 9, clientMaxWindowBits: 12 },
  { serverMaxWindowBits: 12, clientMaxWindowBits: 9 },
  { serverNoContextTakeover: true, clientNoContextTakeover: true },
  { clientNoContextTakeover: true, clientMaxWindowBits: 10 },
];
const CODES = [1000, 1001, 1003, 1007, 1009, 1011, 3000, 3999, 4999];

// Noise that repeats itself: within some windows, not within all.
const FAR = [300, 3000, 30000, 60000].map(length => {
  const noise = randomBytes(length);
  return Buffer.concat([noise, noise, noise]);
});

async function open(offer) {
  const perMessageDeflate = offer && { threshold: 0, ...offer };
  const socket = new WebSocket(`ws://${address}/ws`, { perMessageDeflate });
  await next(socket, "open");
  assert.equal(socket.extensions, offer ? "permessage-deflate" : "");
  return socket;
}

async function talk(offer) {
  const socket = await open(offer);
  const sizes = [0, 1, 125, 126, 65535, 65536, 1 << 20];
  for (const data of [...sizes.map(size => Buffer.alloc(size, "é")), ...FAR]) {
    socket.send(data);
    const [echo, binary] = await next(socket, "message");
    assert(binary && data.equals(echo), `${data.length} bytes came back otherwise`);
  }

  socket.send("in ", { fin: false });
  socket.ping("between");
  socket.send("fragments", { fin: true });
  const [[pong], [text]] = await Promise.all([next(socket, "pong"), next(socket, "message")]);
  assert.equal(pong.toString(), "between");
  assert.equal(text.toString(), "in fragments");

  socket.close(4000, "enough");
  const [code] = await next(socket, "close");
  assert.equal(code, 4000);
  const terms = offer ? JSON.stringify(offer) : "plain";
  console.log(`Node's ws ${terms}: 0 B to 1 MiB, a pong within fragments, a close echoed`);
}

async function main() {
  for (const offer of process.argv[3] === "deflate" ? [false, ...OFFERS] : [false]) {
    await talk(offer);
  }

  for (const code of CODES) {
    const socket = await open(false);
    socket.close(code, "é".repeat(61));
    const [answer] = await next(socket, "close");
    assert.equal(answer, code);
  }
  console.log("Node's ws sees each close answered with its code");

  const bad = await open(false);
  bad._socket.write(Buffer.from([0x81, 0x81, 0, 0, 0, 0, 0xff])); // a text that is not UTF-8
  const [why] = await next(bad, "close");
  assert.equal(why, 1007);
  console.log("Node's ws is told 1007 for what is not UTF-8");

  if (process.argv[3] === "deflate") {
    // More than the server's limit, most of it still on its way when the server closes.
    for (let i = 0; i < 10; i++) {
      const long = await open(false);
      long.send(Buffer.alloc(20 << 20));
      const [code] = await next(long, "close");
      assert.equal(code, 1009);
    }
    console.log("Node's ws is told 1009 while it sends, and not 1006");
  }
}

main().catch(error => {
  console.error(error);
  process.exit(1);
});
